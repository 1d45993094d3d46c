"""The demo company's people: colleagues, customers, and what customers bought and asked."""

from dataclasses import dataclass

from core.staff import Role

STAFF: list[tuple[str, str, Role]] = [
    ("Ada Lund", "owner", Role.ADMIN),
    ("Tomas Berger", "tomas", Role.AGENT),
    ("Irene Costa", "irene", Role.AGENT),
    ("Bela Varga", "bela", Role.AGENT),
    ("Jule Sommer", "jule", Role.AGENT),
    ("Mia Falk", "mia", Role.MARKETER),
    ("Rui Antunes", "rui", Role.MARKETER),
    ("Sam Viken", "sam", Role.MERCHANDISER),
    ("Nora Stein", "nora", Role.AGENT),
    ("Pablo Rey", "pablo", Role.AGENT),
]
# What each is called in the demo's log-ins.
TITLES = {
    "owner": "Owner",
    "tomas": "Agent",
    "irene": "Agent",
    "bela": "Agent",
    "jule": "Agent",
    "mia": "Marketer",
    "rui": "Marketer",
    "sam": "Storekeeper",
    "nora": "Technician",
    "pablo": "Technician",
}

WORDING = "Send me news and offers by e-mail, about twice a month. I can stop it at any time."


@dataclass(frozen=True)
class Person:
    name: str
    locale: str
    street: str
    postcode: str
    city: str
    country: str
    phone: str = ""
    company: str = ""
    news: bool = False

    @property
    def email(self) -> str:
        plain = self.name.lower().translate(str.maketrans("äöüßáéíóúñãçőű", "aousaeiounacou"))
        return ".".join(plain.split()) + ("@" + _domain(self.company) if self.company else "@post.test")


def _domain(company: str) -> str:
    return "".join(letter for letter in company.lower().split()[0] if letter.isascii()) + ".test"


def _p(line: str) -> Person:
    name, locale, street, postcode, city, country, phone, company, news = (
        part.strip() for part in line.split("|")
    )
    return Person(name, locale, street, postcode, city, country, phone, company, news == "news")


PEOPLE = [
    _p(line)
    for line in """
Lena Hoffmann | de | Kastanienallee 14 | 10435 | Berlin | DE | +49 30 23125000 | | news
Jonas Richter | de | Südring 8 | 22303 | Hamburg | DE | | | news
Carla Meyer | de | Am Markt 3 | 28195 | Bremen | DE | | | news
Paul Zimmer | de | Lindenweg 21 | 50674 | Köln | DE | +49 221 9090123 | |
Frieda Brandt | de | Elbchaussee 90 | 22763 | Hamburg | DE | | | news
Oskar Neumann | de | Goethestraße 5 | 80336 | München | DE | | Neumann Architekten | news
Greta Vogel | de | Hauptstraße 61 | 69117 | Heidelberg | DE | | |
Anton Keller | de | Mühlgasse 2 | 01067 | Dresden | DE | | | news
Ida Schubert | de | Wiesenweg 17 | 04109 | Leipzig | DE | +49 151 23456701 | | news
Moritz Lang | de | Ringstraße 33 | 70173 | Stuttgart | DE | | Werkstatt Lang |
Helene Fuchs | de | Seeufer 4 | 78462 | Konstanz | DE | +49 7531 880010 | | news
Emil Krause | de | Bergstraße 12 | 44135 | Dortmund | DE | | |
Lucia Ortega | es | Calle de Atocha 27 | 28012 | Madrid | ES | +34 915 550 101 | | news
Mateo Ruiz | es | Carrer de Balmes 140 | 08008 | Barcelona | ES | | | news
Elena Navarro | es | Calle Colón 9 | 46004 | Valencia | ES | | Estudio Navarro | news
Diego Campos | es | Calle Sierpes 48 | 41004 | Sevilla | ES | | |
Sara Molina | es | Gran Vía 31 | 48009 | Bilbao | ES | | | news
Zsofia Kovacs | hu | Bartók Béla út 22 | 1114 | Budapest | HU | +36 1 555 0123 | | news
Gergely Nagy | hu | Kossuth Lajos utca 7 | 6720 | Szeged | HU | | | news
Reka Toth | hu | Piac utca 15 | 4024 | Debrecen | HU | | |
Adam Szabo | hu | Király utca 30 | 7621 | Pécs | HU | | Szabo Studio | news
Ines Carvalho | pt | Rua Augusta 88 | 1100-053 | Lisboa | PT | +351 21 555 0110 | | news
Tiago Moreira | pt | Rua de Santa Catarina 112 | 4000-447 | Porto | PT | | | news
Beatriz Lopes | pt | Rua Ferreira Borges 40 | 3000-180 | Coimbra | PT | | |
Joana Reis | pt | Avenida Central 19 | 4710-229 | Braga | PT | | Reis Cafe | news
Claire Dubois | en | Rue de Lille 41 | 75007 | Paris | FR | | | news
Marco Bianchi | en | Via Garibaldi 10 | 16124 | Genova | IT | | | news
Sanne de Vries | en | Prinsengracht 203 | 1015 DT | Amsterdam | NL | | |
Pieter Claes | en | Veldstraat 16 | 9000 | Gent | BE | | | news
Anna Gruber | de | Mariahilfer Straße 55 | 1060 | Wien | AT | | | news
David Clarke | en | Torstraße 140 | 10119 | Berlin | DE | +49 151 23456702 | | news
Priya Raman | en | Oranienstraße 25 | 10999 | Berlin | DE | | | news
Liam Byrne | en | Karl-Marx-Allee 70 | 10243 | Berlin | DE | | Byrne Software | news
Amara Obi | en | Sonnenallee 112 | 12045 | Berlin | DE | | |
Yuki Tanaka | en | Immermannstraße 44 | 40210 | Düsseldorf | DE | | | news
Hannah Weiss | de | Klosterberg 6 | 99084 | Erfurt | DE | | | news
Felix Baumann | de | Domplatz 8 | 48143 | Münster | DE | | Kanzlei Baumann | news
Sophie Arnold | de | Hafenstraße 77 | 24103 | Kiel | DE | | |
Noah Peters | de | Königsallee 58 | 40212 | Düsseldorf | DE | | | news
Clara Winter | de | Schlossgarten 1 | 76131 | Karlsruhe | DE | | | news
""".strip().splitlines()
]


@dataclass(frozen=True)
class Bought:
    """An order: SKUs with quantities, and how far it came: open, paid … cancelled."""

    lines: tuple[tuple[str, int], ...]
    came: str


# Who (by place in PEOPLE) bought what.
ORDERS: dict[int, list[Bought]] = {
    0: [Bought((("FJE-BK", 1), ("DAW-250", 2)), "delivered"), Bought((("DAW-1K", 2),), "shipped")],
    1: [Bought((("ISB-08", 1), ("FIL-100", 3)), "delivered")],
    3: [Bought((("PIC-ST", 1), ("DES-06", 1)), "delivered"), Bought((("GAS-01", 2),), "open")],
    4: [Bought((("YIR-250", 3),), "paid")],
    5: [Bought((("MDN-1K", 6), ("WAT-03", 1)), "delivered"), Bought((("MDN-1K", 6),), "packed")],
    7: [Bought((("NOR-BK", 1), ("SKO-PI", 1)), "delivered")],
    8: [Bought((("TAS-01", 1),), "shipped")],
    9: [Bought((("DAW-1K", 4),), "open")],
    10: [Bought((("KVE-ST", 1), ("SCA-01", 1), ("TAM-58", 1)), "delivered")],
    12: [Bought((("KVE-CR", 1),), "delivered")],
    13: [Bought((("KJE-06", 1), ("MDN-250", 2)), "cancelled")],
    14: [Bought((("FJO-01", 1), ("DAW-1K", 2)), "delivered")],
    17: [Bought((("STE-09", 1), ("DAW-250", 1)), "delivered")],
    18: [Bought((("MIL-35", 1), ("KNO-01", 1)), "paid")],
    21: [Bought((("CAP-CR", 4),), "delivered")],
    24: [Bought((("ESP-01", 6), ("MDN-1K", 3)), "delivered"), Bought((("MDN-1K", 3),), "open")],
    25: [Bought((("GLA-06", 1), ("FIL-100", 2)), "shipped")],
    29: [Bought((("STI-250", 2),), "delivered")],
    30: [Bought((("NOR-ST", 1), ("YIR-250", 2)), "delivered")],
    32: [Bought((("DAW-1K", 5),), "delivered"), Bought((("DAW-1K", 5),), "open")],
    36: [Bought((("FJO-01", 1), ("DAW-1K", 3)), "packed")],
    38: [Bought((("FJE-ST", 1),), "paid")],
}


@dataclass(frozen=True)
class Asked:
    """A conversation: what the customer wrote, the answer (if any), and whether it was solved."""

    subject: str
    text: str
    answer: str = ""
    by: str = "tomas"
    note: str = ""
    solved: bool = False
    channel: str = "email"


ASKED: dict[int, list[Asked]] = {
    0: [
        Asked(
            "Grinder runs, but nothing comes out",
            "Hello,\n\nsince this morning my Fjell turns freely but no coffee comes out. Did I break it?"
            "\n\nBest wishes\nLena",
            "Hello Lena,\n\nthat is almost always an oily bean stuck above the burrs. Turn the grind ring to "
            "the coarsest setting, shake it upside down, then three empty turns. If that does not help, send "
            "it in: it is under warranty.\n\nTomas",
            solved=True,
        )
    ],
    3: [
        Asked(
            "Water under the machine",
            "Good evening, there is a small puddle under my Pico after every brewing. It is eight months "
            "old. Is that covered?\n\nPaul Zimmer",
            by="nora",
            note="Sounds like the group seal. Seal set is in his open order; offer a visit.",
        )
    ],
    5: [
        Asked(
            "Invoice address",
            "Dear all,\nplease put our VAT number on future invoices: DE 129 273 398.\nOskar Neumann",
            "Dear Mr Neumann,\n\ndone: it stands on every invoice from now on.\n\nIrene Costa",
            by="irene",
            solved=True,
        )
    ],
    8: [Asked("", "Hi, is my tasting box coming today? Ida", channel="sms")],
    10: [
        Asked(
            "Burr distance of the Kvern",
            "Which setting would you begin with for a medium roast on an 18 g basket?\n\nHelene Fuchs",
            "Start at 2.4 and aim for 28 seconds; one notch changes about three seconds.\n\nPablo",
            by="pablo",
        )
    ],
    13: [
        Asked(
            "Cancelled order",
            "Hola, I cancelled my order. When is the money back?\n\nMateo",
            "Hola Mateo,\n\nnothing was charged yet, so there is nothing to pay back.\n\nIrene",
            by="irene",
            solved=True,
        )
    ],
    17: [Asked("French press glass", "Do you sell the glass of the Stempel on its own?\n\nZsófia")],
    22: [Asked("Subscription", "Can I get the Yirgacheffe beans every three weeks?\n\nTiago Moreira")],
    24: [
        Asked(
            "Bigger order for our café",
            "Hello, we open a second place in March and need 30 kg of Midnight a month. Is there a better "
            "price?\n\nJoana Reis",
            by="irene",
            note="Rui: could be a contract. Ask for the opening date before we quote.",
        )
    ],
    30: [Asked("", "The lid of my Nord kettle rattles. Normal? David", channel="sms")],
    32: [
        Asked(
            "Two invoices",
            "We got two invoices for DAW-1K. Did we order twice?\n\nLiam Byrne",
            "Hello Liam,\n\nyes: one of them is the new order of today. Shall we cancel it?\n\nBela",
            by="bela",
        )
    ],
    36: [Asked("Delivery on Friday?", "Could the brewer come on Friday before noon?\n\nFelix Baumann")],
}
