"""The frame of every campaign mail: one column, our name, and the way out."""

MAIL = """<!doctype html>
<html lang="{{ customer.locale | default: 'en' }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body { margin: 0; padding: 0; background-color: #f6f4f1; color: #26221e;
  font-family: Helvetica, Arial, sans-serif; font-size: 16px; line-height: 1.55; }
.sheet { max-width: 600px; margin: 0 auto; padding: 32px 24px; background-color: #ffffff; }
.sheet h1 { font-size: 26px; line-height: 1.25; margin: 0 0 16px; font-weight: 600; }
.sheet h2 { font-size: 20px; line-height: 1.3; margin: 28px 0 12px; font-weight: 600; }
.sheet h3 { font-size: 17px; margin: 24px 0 8px; font-weight: 600; }
.sheet p { margin: 0 0 16px; }
.sheet a { color: #0b5f5c; }
.sheet img { max-width: 100%; height: auto; border: 0; }
.brand { max-width: 600px; margin: 0 auto; padding: 24px; font-size: 14px; font-weight: 600; }
.foot { max-width: 600px; margin: 0 auto; padding: 20px 24px 32px; font-size: 13px; color: #6b645c; }
.foot a { color: #6b645c; }
@media (prefers-color-scheme: dark) {
  body { background-color: #1b1917 !important; color: #ece7e1 !important; }
  .sheet { background-color: #262320 !important; color: #ece7e1 !important; }
  .sheet a { color: #7fd0c8 !important; }
  .foot, .foot a { color: #a49c92 !important; }
}
</style>
</head>
<body>
<div class="brand">{{ company.name }}</div>
<div class="sheet">@@BODY@@</div>
<div class="foot">{{ company.footer }}<br>
<a href="{{ unsubscribe_url }}">{{ words.unsubscribe }}</a> &middot;
<a href="{{ preferences_url }}">{{ words.preferences }}</a></div>
</body>
</html>
"""

TEXT_FOOTER = """

--
{{ company.footer }}
{{ words.unsubscribe }}: {{ unsubscribe_url }}
{{ words.preferences }}: {{ preferences_url }}
"""

# The frame's own words, in the customer's language.
WORDS = {
    "en": {"unsubscribe": "Unsubscribe", "preferences": "Choose what you hear about"},
    "de": {"unsubscribe": "Abmelden", "preferences": "Auswählen, was Sie erhalten"},
    "es": {"unsubscribe": "Darse de baja", "preferences": "Elegir qué recibe"},
    "hu": {"unsubscribe": "Leiratkozás", "preferences": "Válassza ki, miről írjunk"},
    "pt": {"unsubscribe": "Cancelar subscrição", "preferences": "Escolher o que recebe"},
}
