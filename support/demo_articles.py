"""The help centre of the demo company: categories, articles, and the translations there are."""

# ruff: noqa: E501 - prose, wrapped as it is read

from typing import Any

CATEGORIES: list[dict[str, Any]] = [
    {
        "slug": "machines",
        "name": "Machines and care",
        "icon": "coffee",
        "translations": {
            "de": {"name": "Maschinen und Pflege"},
            "es": {"name": "Máquinas y cuidado"},
            "hu": {"name": "Gépek és ápolásuk"},
            "pt": {"name": "Máquinas e cuidados"},
        },
    },
    {
        "slug": "orders",
        "name": "Orders, delivery and payment",
        "icon": "package",
        "translations": {
            "de": {"name": "Bestellung, Lieferung und Zahlung"},
            "es": {"name": "Pedidos, envío y pago"},
            "hu": {"name": "Rendelés, szállítás és fizetés"},
            "pt": {"name": "Encomendas, entrega e pagamento"},
        },
    },
    {
        "slug": "returns",
        "name": "Returns, repairs and warranty",
        "icon": "shield-check",
        "translations": {
            "de": {"name": "Rückgabe, Reparatur und Garantie"},
            "es": {"name": "Devoluciones, reparaciones y garantía"},
            "hu": {"name": "Visszaküldés, javítás és garancia"},
            "pt": {"name": "Devoluções, reparações e garantia"},
        },
    },
]

ARTICLES: list[dict[str, Any]] = [
    {
        "category": "machines",
        "slug": "descale-your-machine",
        "title": "How to descale your espresso machine",
        "summary": "Twenty minutes, every two to three months, and your machine stays hot and quick.",
        "body": """
Lime settles wherever water is heated. It insulates the boiler, slows the flow and in the end blocks a valve. Descaling
takes about twenty minutes, most of which is waiting.

## What you need

- 100 g of citric acid, or one bottle of our descaler
- one litre of cold water
- a bowl that holds a litre

Never use vinegar: it attacks the seals, and you will taste it for a week.

## Step by step

1. Switch the machine off and let it cool for half an hour.
2. Take out the water filter and fill the tank with the solution.
3. Switch on, let half a cup run through the group head and half a cup through the steam wand.
4. Switch off and **wait fifteen minutes**.
5. Run the rest of the solution through, half by the group and half by the wand.
6. Rinse the tank, fill it with fresh water and run all of it through. Do this twice.
7. Put the filter back.

## How often?

| Water hardness | Two cups a day | Ten cups a day |
|---|---|---|
| soft | every 6 months | every 3 months |
| medium | every 3 months | every 6 weeks |
| hard | every 2 months | every month |

A machine with a descaling light counts the cups for you. If the light stays on afterwards, see
[The descaling light stays on](/help/articles/descaling-light-stays-on).
""",
        "translations": {
            "de": {
                "title": "So entkalken Sie Ihre Espressomaschine",
                "summary": "Zwanzig Minuten, alle zwei bis drei Monate, und Ihre Maschine bleibt heiß und schnell.",
                "body": """
Kalk setzt sich überall ab, wo Wasser erhitzt wird. Er isoliert den Kessel, bremst den Durchfluss und verstopft am Ende
ein Ventil. Das Entkalken dauert etwa zwanzig Minuten, und die meiste Zeit davon warten Sie.

## Was Sie brauchen

- 100 g Zitronensäure oder eine Flasche unseres Entkalkers
- einen Liter kaltes Wasser
- eine Schüssel für einen Liter

Nehmen Sie nie Essig: Er greift die Dichtungen an, und Sie schmecken ihn eine Woche lang.

## Schritt für Schritt

1. Schalten Sie die Maschine aus und lassen Sie sie eine halbe Stunde abkühlen.
2. Nehmen Sie den Wasserfilter heraus und füllen Sie die Lösung in den Tank.
3. Schalten Sie ein und lassen Sie je eine halbe Tasse durch Brühgruppe und Dampflanze laufen.
4. Schalten Sie aus und **warten Sie fünfzehn Minuten**.
5. Lassen Sie den Rest durchlaufen, je zur Hälfte durch Gruppe und Lanze.
6. Spülen Sie den Tank und lassen Sie zweimal eine volle Füllung frisches Wasser durchlaufen.
7. Setzen Sie den Filter wieder ein.
""",
            },
            "es": {
                "title": "Cómo descalcificar su cafetera exprés",
                "summary": "Veinte minutos cada dos o tres meses, y su máquina sigue caliente y rápida.",
                "body": """
La cal se deposita donde se calienta el agua. Descalcificar lleva unos veinte minutos, casi todos de espera.

1. Apague la máquina y deje que se enfríe media hora.
2. Quite el filtro y llene el depósito con la solución (100 g de ácido cítrico en un litro de agua; nunca vinagre).
3. Encienda y deje salir media taza por el grupo y media por el vaporizador.
4. Apague y **espere quince minutos**.
5. Deje salir el resto, la mitad por cada lado.
6. Enjuague y pase dos depósitos de agua limpia.
""",
            },
            "hu": {
                "title": "Így vízkőtelenítse az eszpresszógépét",
                "summary": "Húsz perc, két-háromhavonta, és a gépe forró és gyors marad.",
                "body": """
A vízkő ott rakódik le, ahol a víz melegszik. A vízkőtelenítés nagyjából húsz perc, a java várakozás.

1. Kapcsolja ki a gépet, és hagyja fél órát hűlni.
2. Vegye ki a szűrőt, és töltse a tartályba az oldatot (100 g citromsav egy liter vízben; ecetet soha ne használjon).
3. Kapcsolja be, és engedjen ki fél csészényit a főzőfejen és fél csészényit a gőzcsövön.
4. Kapcsolja ki, és **várjon tizenöt percet**.
5. Engedje ki a maradékot, felét itt, felét ott.
6. Öblítse ki a tartályt, és engedjen át kétszer tiszta vizet.
""",
            },
            "pt": {
                "title": "Como descalcificar a sua máquina de café expresso",
                "summary": "Vinte minutos, a cada dois ou três meses, e a sua máquina continua quente e rápida.",
                "body": """
O calcário deposita-se onde a água aquece. Descalcificar leva cerca de vinte minutos, quase todos de espera.

1. Desligue a máquina e deixe-a arrefecer meia hora.
2. Retire o filtro e encha o depósito com a solução (100 g de ácido cítrico num litro de água; nunca vinagre).
3. Ligue e deixe sair meia chávena pelo grupo e meia pelo tubo de vapor.
4. Desligue e **espere quinze minutos**.
5. Deixe sair o resto, metade por cada lado.
6. Enxague e passe dois depósitos de água limpa.
""",
            },
        },
    },
    {
        "category": "machines",
        "slug": "descaling-light-stays-on",
        "title": "The descaling light stays on",
        "summary": "Reset the counter in ten seconds, or find out why the machine keeps asking.",
        "body": """
The light counts litres, not lime. It goes out when the machine has seen a whole descaling run from start to end.

## Reset it

1. Switch the machine off at the button, not at the plug.
2. Hold **steam** and **two cups** together and switch on.
3. Keep both pressed until the light blinks three times.

## If it comes back within a day

The run was interrupted: the tank was lifted or the machine was switched off in between. Run a litre of clear water
through without lifting the tank, then reset again.

If the flow stays slow after two runs, a valve is blocked. [Open a ticket](/account/tickets/new) with the serial number from
the plate under the drip tray, and we will arrange the repair.
""",
    },
    {
        "category": "machines",
        "slug": "clean-the-milk-system",
        "title": "Cleaning the milk system",
        "summary": "A rinse after every drink, a wash every evening: milk forgives nothing.",
        "body": """
Milk dries within minutes and spoils within hours.

- **After every drink**: open the steam for two seconds into a cloth and wipe the wand.
- **Every evening**: draw a cup of warm water with one capful of milk cleaner through the hose, wait five minutes, draw two
  cups of clear water.
- **Every week**: take the frother apart. All its parts may go into the top basket of a dishwasher, except the silicone seal.

A frother that spits or whistles nearly always has a dirty air valve: unscrew it, soak it in warm water and clean the hole
with the needle that came with your machine.
""",
    },
    {
        "category": "machines",
        "slug": "choose-a-grind-setting",
        "title": "Finding the right grind setting",
        "summary": "Thirty grams in thirty seconds: how to get there in three shots.",
        "body": """
For espresso, start with 15 g of coffee and aim for **30 g in the cup in 25 to 30 seconds**.

- Too fast and sour: grind **finer**, one notch at a time.
- Too slow and bitter: grind **coarser**.
- Change the setting only while the grinder is running.

After each change, throw the first shot away: it still holds grounds of the setting before.

| Brewing | Notches on our grinders |
|---|---|
| Espresso | 4 to 9 |
| Moka pot | 10 to 14 |
| Filter | 18 to 24 |
| French press | 28 to 32 |
""",
    },
    {
        "category": "orders",
        "slug": "where-is-my-order",
        "title": "Where is my order?",
        "summary": "Follow every step from placed to delivered, with or without an account.",
        "body": """
Every order has a page that shows each step with its time: placed, paid, packed, shipped, delivered.

- **With an account**: [Your orders](/account/orders).
- **As a guest**: the link in your confirmation e-mail opens the same page.

We pack on working days. What is ordered and paid before 14:00 leaves the same day; within Germany it takes one to two
days, within the European Union two to five.

Has the tracking not moved for three working days? Tell us by chat or [open a ticket](/account/tickets/new). You need not look
anything up: we see the order you mean.
""",
        "translations": {
            "de": {
                "title": "Wo ist meine Bestellung?",
                "summary": "Verfolgen Sie jeden Schritt von der Bestellung bis zur Zustellung, mit und ohne Konto.",
                "body": """
Jede Bestellung hat eine Seite, die jeden Schritt mit seiner Zeit zeigt: bestellt, bezahlt, verpackt, versandt, zugestellt.

- **Mit Konto**: [Ihre Bestellungen](/account/orders).
- **Als Gast**: Der Link in Ihrer Bestätigungs-Mail öffnet dieselbe Seite.

Wir verpacken an Werktagen. Was bis 14 Uhr bestellt und bezahlt ist, geht am selben Tag hinaus.
""",
            },
        },
    },
    {
        "category": "orders",
        "slug": "change-or-cancel-an-order",
        "title": "Changing or cancelling an order",
        "summary": "Until it is packed, an order can be changed. Afterwards, it can be returned.",
        "body": """
Until an order is packed we can change the address, add things or cancel it. Write to us by chat, the fastest way, or reply
to your confirmation e-mail.

A cancelled order that was paid by card is refunded at once; your bank shows it within three to five working days. A bank
transfer goes back to the account that it came from.

Once an order has left us it cannot be called back. Refuse the parcel or [return it](/help/articles/return-something): it costs
you nothing.
""",
    },
    {
        "category": "orders",
        "slug": "ways-to-pay",
        "title": "Ways to pay, and paying an invoice",
        "summary": "Card, bank transfer, or on account for offices; every open invoice can be paid online.",
        "body": """
- **Card**: Visa, Mastercard and American Express. Your bank may ask you to confirm the payment. Card numbers never touch our
  own systems.
- **Bank transfer**: we hold your goods for seven days. Put the invoice number into the reference.
- **On account**: for offices, after a short check. Payable within fourteen days.

## Paying an open invoice

Open [Your invoices](/account/invoices) and choose **Pay**, or use the link in the invoice e-mail: it opens the invoice without
signing in. An invoice that is being paid cannot be paid twice.

Need a VAT number or a purchase order number on an invoice? Reply to the invoice e-mail before you pay.
""",
    },
    {
        "category": "orders",
        "slug": "coffee-subscription",
        "title": "Pausing or changing a coffee subscription",
        "summary": "Skip a delivery, change the beans or stop altogether; until two days before it leaves.",
        "body": """
A subscription has no minimum term. Until **two days before** the next parcel leaves you can

- skip one delivery,
- change beans, grind or amount,
- move the day,
- pause for up to three months, or stop.

Reply to any subscription e-mail, or write to us by chat. You get a confirmation within the hour on working days.
""",
    },
    {
        "category": "returns",
        "slug": "return-something",
        "title": "How to return something",
        "summary": "Thirty days, free of charge, and the money is back within five days of arrival.",
        "body": """
You may return anything within **thirty days** of its delivery, without a reason. By law it would be fourteen.

1. [Open a ticket](/account/tickets/new) and say which order and which thing.
2. We send you a label by e-mail. It costs you nothing.
3. Pack the thing, if you can in its own box, and hand it in.

We refund within five days of its arrival, to the card or account that paid. A machine may be used as you would try it in a
shop; please empty the tanks.

Opened beans cannot be resold. If you do not like them, tell us: we would rather find ones that you do.
""",
        "translations": {
            "de": {
                "title": "So geben Sie etwas zurück",
                "summary": "Dreißig Tage, kostenlos, und das Geld ist fünf Tage nach Ankunft zurück.",
                "body": """
Sie können alles innerhalb von **dreißig Tagen** nach der Zustellung ohne Angabe von Gründen zurückgeben.

1. [Öffnen Sie ein Ticket](/account/tickets/new) und nennen Sie Bestellung und Artikel.
2. Wir schicken Ihnen ein Etikett per E-Mail. Es kostet Sie nichts.
3. Verpacken Sie den Artikel, wenn möglich im eigenen Karton, und geben Sie ihn ab.
""",
            },
        },
    },
    {
        "category": "returns",
        "slug": "warranty",
        "title": "What the warranty covers",
        "summary": "Three years on every machine for the home, parts for fifteen, and what to do when something breaks.",
        "body": """
Every machine and grinder for the home carries **three years** of warranty. Machines for cafés and offices, which work all day,
carry **two years**, and a service contract can be had for them. We keep parts for **fifteen years**. The invoice is the proof;
you need not keep the box or a card.

Covered: whatever fails in normal use, the part, the work and the way there and back. Not covered: seals and burrs that wear,
lime, and damage by falls or by frost.

If something breaks, [open a ticket](/account/tickets/new). A short film of what the machine does often saves it the journey.
Most repairs take five working days; for offices with a service contract a technician comes within two.
""",
    },
    {
        "category": "returns",
        "slug": "machine-does-not-heat",
        "title": "My machine does not heat up",
        "summary": "Three things to check before you send it in.",
        "body": """
1. **The tank.** A machine without water does not heat. Push the tank down until it clicks.
2. **The safety cut-out.** After running dry, the boiler must cool for an hour. Then press the small red button under the cup
   tray with a pen.
3. **The socket.** Try another one, without a timer or an extension lead.

If it trips the fuse, unplug it and do not try again. [Open a ticket](/account/tickets/new): a machine under
[warranty](/help/articles/warranty) is repaired free of charge.
""",
    },
    {
        "category": "returns",
        "slug": "order-a-spare-part",
        "title": "Finding the right spare part",
        "summary": "The serial number says everything: where it is and what to do with it.",
        "body": """
The serial number stands on the plate under the drip tray: two letters and six digits. The two letters name the model, so
every part in the shop that lists them fits.

Seals, filters and baskets are changed without tools in five minutes. Pumps, valves and anything that carries mains voltage
belong in a workshop: [open a ticket](/account/tickets/new) and we arrange it.

We keep parts for **fifteen years** after the last machine of a model was sold.
""",
    },
]
