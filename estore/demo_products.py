# ruff: noqa: E501 - data, read line by line
"""The demo catalogue as plain data. A SKU is (code, options, price incl. VAT in cents, grams, on hand[, picture])."""

from typing import Any

CATEGORIES: list[dict[str, Any]] = [
    {
        "slug": "espresso-machines",
        "name": "Espresso machines",
        "description": "Built to be opened, cleaned and repaired.",
    },
    {"slug": "grinders", "name": "Grinders", "description": "Even grounds, quiet mornings."},
    {
        "slug": "filter-brewers",
        "name": "Filter brewers",
        "description": "Drip, press and pour-over, for one cup or ten.",
    },
    {"slug": "kettles", "name": "Kettles", "description": "The right water, to the degree."},
    {"slug": "beans", "name": "Beans", "description": "Roasted on Tuesdays and Thursdays in Berlin."},
    {
        "slug": "cups-and-servers",
        "name": "Cups & servers",
        "description": "Stoneware and glass that keep the heat.",
    },
    {"slug": "parts-and-care", "name": "Parts & care", "description": "Keep it running for twenty years."},
    {
        "slug": "office-machines",
        "name": "Office machines",
        "description": "Good coffee for twenty to two hundred people.",
    },
]

Skus = list[tuple[Any, ...]]
PRODUCTS: list[dict[str, Any]] = []


def _add(
    category: str,
    slug: str,
    name: str,
    tagline: str,
    description: str,
    specification: dict[str, str],
    skus: Skus,
    **more: str,
) -> None:
    PRODUCTS.append(
        {
            "category": category,
            "slug": slug,
            "name": name,
            "tagline": tagline,
            "description": description,
            "specification": [list(pair) for pair in specification.items()],
            "skus": skus,
            **more,
        }
    )


def _bean(
    slug: str,
    code: str,
    name: str,
    tagline: str,
    description: str,
    origin: str,
    roast: str,
    taste: str,
    price: int,
    big: int,
    on_hand: int,
) -> None:
    _add(
        "beans",
        slug,
        name,
        tagline,
        description,
        {"Origin": origin, "Roast": roast, "Taste": taste, "Grind": "Whole beans"},
        [
            (f"{code}-250", {"Size": "250 g"}, price, 260, on_hand),
            (f"{code}-1K", {"Size": "1 kg"}, big, 1030, on_hand // 2),
        ],
        tax="food",
    )


_add(
    "espresso-machines", "aurora-espresso-machine", "Aurora espresso machine", "Dual boiler, ready in nine minutes",
    "Two boilers, so you can brew and steam at the same time and neither waits for the other. The group is heated on its own, the pump is quiet enough for an early kitchen, and every seal can be reached with one hex key. We keep parts for at least fifteen years.",
    {"Boilers": "Brew 0.5 l, steam 1.2 l, stainless steel", "Pump": "Rotary, 9 bar", "Power": "230 V, 1,600 W", "Water": "Tank 2.5 l or plumbed in", "Size": "32 × 44 × 38 cm, 24 kg", "Warranty": "3 years, parts for 15"},
    [
        ("AUR-BK", {"Colour": "Black"}, 149900, 24000, 14, "aurora-espresso-machine-black"),
        ("AUR-CR", {"Colour": "Cream"}, 149900, 24000, 9, "aurora-espresso-machine-cream"),
        ("AUR-PI", {"Colour": "Pine"}, 159900, 24000, 3, "aurora-espresso-machine-pine"),
    ],
)  # fmt: skip
_add(
    "espresso-machines", "pico-compact-machine", "Pico compact machine", "One boiler, one lever, 19 cm wide",
    "A single-boiler machine for kitchens without a metre to spare. It heats up in four minutes, pulls a proper 9-bar shot and steams enough milk for two. The lever is beech; the rest is steel.",
    {"Boiler": "0.4 l, brass", "Pump": "Vibration, 15 bar, set to 9", "Power": "230 V, 1,100 W", "Size": "19 × 31 × 33 cm, 7.8 kg", "Warranty": "3 years"},
    [
        ("PIC-ST", {"Colour": "Steel"}, 54900, 7800, 26),
        ("PIC-RU", {"Colour": "Rust"}, 54900, 7800, 11, "pico-compact-machine-rust"),
    ],
)  # fmt: skip
_add(
    "espresso-machines", "havn-lever-machine", "Havn lever machine", "No pump: your arm and a spring",
    "You pull the lever, the spring does the rest, and nothing hums. For people who like to know why a cup came out as it did.",
    {"Boiler": "0.8 l, copper", "Pressure": "Spring, 9 falling to 6 bar", "Power": "230 V, 1,000 W", "Size": "24 × 36 × 42 cm, 11 kg", "Warranty": "3 years, parts for 15"},
    [("HAV-01", {}, 98900, 11000, 8)],
)  # fmt: skip
_add(
    "espresso-machines", "polaris-two-group", "Polaris two-group machine", "For cafés, and for very large families",
    "Two groups, 11 litres of steam, and a service door on the side so that it never has to leave the counter to be repaired.",
    {"Groups": "2, volumetric", "Boiler": "11 l", "Power": "400 V, 4,300 W", "Size": "78 × 54 × 52 cm, 62 kg", "Warranty": "2 years, service contract available"},
    [("POL-02", {}, 689000, 62000, 2)],
)  # fmt: skip

_add(
    "grinders", "fjell-hand-grinder", "Fjell hand grinder", "38 mm steel burrs, no cable",
    "Grinds 25 g for filter in half a minute, finer for espresso in a little more. The setting clicks and can be counted, so yesterday's cup can be made again.",
    {"Burrs": "38 mm conical, hardened steel", "Holds": "30 g", "Settings": "60 clicks", "Weight": "490 g"},
    [
        ("FJE-ST", {"Colour": "Steel"}, 8900, 490, 40),
        ("FJE-BK", {"Colour": "Black"}, 8900, 490, 64, "fjell-hand-grinder-black"),
    ],
)  # fmt: skip
_add(
    "grinders", "kvern-grinder", "Kvern grinder", "64 mm flat burrs, single dose",
    "Made for weighing in and grinding everything: 0.1 g stays behind, and what comes out is as even as we know how to make it. Stepless, with a dial that can be read without glasses.",
    {"Burrs": "64 mm flat, coated steel", "Speed": "1,100 rpm", "Left behind": "0.1 g", "Size": "14 × 21 × 31 cm, 5.2 kg"},
    [
        ("KVE-ST", {"Colour": "Steel"}, 42900, 5200, 18),
        ("KVE-CR", {"Colour": "Cream"}, 42900, 5200, 7, "kvern-grinder-cream"),
        ("KVE-PI", {"Colour": "Pine"}, 42900, 5200, 0, "kvern-grinder-pine"),
    ],
)  # fmt: skip
_add(
    "grinders", "storkvern-shop-grinder", "Storkvern shop grinder", "A kilo in a minute, all day",
    "98 mm burrs and a motor that does not notice. For shops, roasters and offices that buy by the sack.",
    {"Burrs": "98 mm flat", "Holds": "1.4 kg", "Power": "230 V, 850 W", "Size": "24 × 35 × 64 cm, 22 kg"},
    [("STO-01", {}, 129000, 22000, 5)],
)  # fmt: skip

_add(
    "filter-brewers", "skog-pour-over", "Skog pour-over set", "Stoneware cone and server for four cups",
    "Sixty-degree walls and one large opening: the water goes where you pour it. Takes ordinary cone filters.",
    {"Material": "Glazed stoneware", "Holds": "0.6 l", "Filters": "Size 02 or 1×4", "Weight": "1.1 kg"},
    [
        ("SKO-PI", {"Colour": "Pine"}, 5490, 1100, 52),
        ("SKO-RU", {"Colour": "Rust"}, 5490, 1100, 4, "skog-pour-over-rust"),
    ],
)  # fmt: skip
_add(
    "filter-brewers", "fjord-batch-brewer", "Fjord batch brewer", "Ten cups at 94 degrees",
    "Copper heats the water to 92 to 96 degrees and keeps it there to the last drop. A thermos, not a hot plate, so the tenth cup tastes like the first.",
    {"Makes": "1.25 l", "Temperature": "92 to 96 °C", "Power": "230 V, 1,500 W", "Size": "31 × 18 × 39 cm, 3.4 kg"},
    [("FJO-01", {}, 22900, 3400, 21)],
)  # fmt: skip
_add(
    "filter-brewers", "isbre-carafe", "Isbre carafe brewer", "Glass, a wooden collar, a thick paper",
    "The slow one. The paper holds back what clouds the cup, the shape lets it breathe.",
    {"Holds": "0.8 l", "Material": "Borosilicate glass, beech", "Weight": "620 g"},
    [("ISB-08", {}, 4990, 620, 31)],
)  # fmt: skip
_add(
    "filter-brewers", "stempel-french-press", "Stempel French press", "Double walls, no grit",
    "Two sieves, one inside the other, keep the cup clean; steel walls keep it hot for an hour.",
    {"Holds": "0.9 l", "Material": "Stainless steel", "Weight": "860 g"},
    [("STE-09", {}, 5490, 860, 45)],
)  # fmt: skip
_add(
    "filter-brewers", "trykk-travel-press", "Trykk travel press", "Brew it, press it, drink from it",
    "A press and a mug in one, with a lid that does not leak in a rucksack. We have tried.",
    {"Holds": "0.35 l", "Material": "Stainless steel", "Weight": "340 g"},
    [("TRY-35", {}, 3490, 340, 58)],
)  # fmt: skip
_add(
    "filter-brewers", "kjele-moka-pot", "Kjele moka pot", "Six small strong cups",
    "The stove-top pot, in steel for every stove, with a seal that lasts and costs two euros when it does not.",
    {"Holds": "0.3 l, 6 cups", "Stoves": "All, induction too", "Weight": "640 g"},
    [("KJE-06", {}, 4490, 640, 38)],
)  # fmt: skip
_add(
    "filter-brewers", "natt-cold-brew-bottle", "Natt cold-brew bottle", "In the fridge tonight, ready tomorrow",
    "Coffee in the sieve, water in the bottle, twelve hours of patience.",
    {"Holds": "1.0 l", "Material": "Glass, fine steel sieve"},
    [("NAT-10", {}, 3290, 720, 27)],
)  # fmt: skip

_add(
    "kettles", "nord-gooseneck-kettle", "Nord gooseneck kettle", "To the degree, and slow enough to aim",
    "Choose any temperature from 40 to 100 degrees; it gets there in four minutes and stays there for an hour. The spout pours a thread or a stream, as you tilt it.",
    {"Holds": "0.9 l", "Temperature": "40 to 100 °C, held for 60 minutes", "Power": "230 V, 1,200 W", "Weight": "1.2 kg"},
    [
        ("NOR-BK", {"Colour": "Black"}, 11900, 1200, 29),
        ("NOR-CR", {"Colour": "Cream"}, 11900, 1200, 17, "nord-gooseneck-kettle-cream"),
    ],
)  # fmt: skip
_add(
    "kettles", "nord-stovetop-kettle", "Nord stove-top kettle", "A spout, a handle and a thermometer",
    "For gas, induction and camp fires. The thermometer sits in the lid and needs no battery.",
    {"Holds": "1.0 l", "Stoves": "All", "Weight": "780 g"},
    [("NOR-ST", {}, 6490, 780, 24)],
)  # fmt: skip
_add(
    "kettles", "hytte-kettle", "Hytte kettle", "The everyday one, and it is quiet",
    "1.5 litres, a wide mouth that can be cleaned by hand, and no window to leak.",
    {"Holds": "1.5 l", "Power": "230 V, 2,000 W", "Noise": "62 dB", "Weight": "1.1 kg"},
    [
        ("HYT-RU", {"Colour": "Rust"}, 7900, 1100, 33),
        ("HYT-PI", {"Colour": "Pine"}, 7900, 1100, 19, "hytte-kettle-pine"),
    ],
)  # fmt: skip

_bean(
    "dawn-blend",
    "DAW",
    "Dawn blend",
    "Chocolate, hazelnut, no surprises",
    "Our house espresso: Brazil and Guatemala, roasted to a medium brown. Forgiving with milk and with the grinder. Roasted twice a week and sent within two days.",
    "Brazil Cerrado, Guatemala Antigua",
    "Medium, for espresso",
    "Chocolate, hazelnut, caramel",
    890,
    2990,
    180,
)
_bean(
    "midnight-espresso",
    "MDN",
    "Midnight espresso",
    "Low acid, long finish",
    "India and Sumatra, roasted dark but not burnt. For those who like it black and mean it.",
    "India Malabar, Sumatra",
    "Dark, for espresso",
    "Dark chocolate, clove",
    890,
    2990,
    88,
)
_bean(
    "fjellheim-house-blend",
    "FJH",
    "Fjellheim house blend",
    "The one the office asks for",
    "Three Central American coffees that behave in every machine, from filter to bean-to-cup.",
    "Honduras, Guatemala, Nicaragua",
    "Medium, for everything",
    "Toffee, almond",
    790,
    2690,
    140,
)
_bean(
    "yirgacheffe",
    "YIR",
    "Ethiopia Yirgacheffe",
    "Washed, bright as June",
    "Jasmine and lemon on the nose, apricot in the cup. Roasted light for filter; let it rest for a week.",
    "Ethiopia, Yirgacheffe",
    "Light, for filter",
    "Jasmine, lemon, apricot",
    1290,
    4490,
    96,
)
_bean(
    "kenya-nyeri",
    "KEN",
    "Kenya Nyeri",
    "Blackcurrant, and it means it",
    "From two hundred small gardens on the slopes of Mount Kenya, washed twice and dried slowly.",
    "Kenya, Nyeri",
    "Light, for filter",
    "Blackcurrant, tomato leaf, brown sugar",
    1390,
    4890,
    52,
)
_bean(
    "colombia-huila",
    "COL",
    "Colombia Huila",
    "Red apple, panela, easy company",
    "One farm, one harvest. Sweet enough for espresso, clear enough for filter.",
    "Colombia, Huila",
    "Medium light",
    "Panela, red apple",
    1090,
    3790,
    74,
)
_bean(
    "guatemala-antigua",
    "GUA",
    "Guatemala Antigua",
    "Cocoa and orange peel",
    "Grown between three volcanoes, one of which still smokes.",
    "Guatemala, Antigua",
    "Medium",
    "Cocoa, orange peel",
    1090,
    3790,
    61,
)
_bean(
    "sumatra-gayo",
    "SUM",
    "Sumatra Gayo",
    "Cedar, tobacco, rain",
    "Hulled wet, as they do it there: heavy, earthy, slow.",
    "Indonesia, Gayo highlands",
    "Medium dark",
    "Cedar, dark sugar",
    1190,
    3990,
    44,
)
_bean(
    "decaf-stille",
    "STI",
    "Stille, without caffeine",
    "All of the evening, none of the night",
    "Colombia, decaffeinated with sugar-cane spirit, which leaves the sweetness in.",
    "Colombia, Huila",
    "Medium",
    "Panela, milk chocolate",
    1090,
    3790,
    80,
)
_add(
    "beans", "tasting-box", "Tasting box", "Four coffees, four evenings",
    "100 g of each of four coffees with a card that says what to look for. A good present.",
    {"Contains": "4 × 100 g", "Grind": "Whole beans"},
    [("TAS-01", {}, 1990, 520, 50)],
    tax="food",
)  # fmt: skip

_add(
    "cups-and-servers", "espresso-cup", "Espresso cup and saucer", "6 cl, warm to the last sip",
    "A small cup with a round bottom, which is where the crema likes to be.",
    {"Holds": "60 ml", "Material": "Stoneware", "Care": "Dishwasher"},
    [("ESP-01", {}, 1490, 310, 66)],
)  # fmt: skip
_add(
    "cups-and-servers", "cappuccino-cup", "Cappuccino cup and saucer", "18 cl, thick walls, stacks",
    "Thrown thick so that it keeps the heat, glazed inside and raw outside so that it does not slip.",
    {"Holds": "180 ml", "Material": "Stoneware", "Care": "Dishwasher"},
    [
        ("CAP-CR", {"Colour": "Cream"}, 1690, 380, 140),
        ("CAP-PI", {"Colour": "Pine"}, 1690, 380, 95, "cappuccino-cup-pine"),
    ],
)  # fmt: skip
_add(
    "cups-and-servers", "hverdag-mugs", "Hverdag mugs, pair", "Two mugs for every day",
    "A third of a litre each, light in the hand, and not too good for the dishwasher.",
    {"Holds": "330 ml each", "Material": "Porcelain"},
    [("HVE-02", {}, 2490, 640, 70)],
)  # fmt: skip
_add(
    "cups-and-servers", "tur-tumbler", "Tur tumbler", "Hot on the train, still hot at work",
    "Double walls and a lid that closes with one hand.",
    {"Holds": "0.35 l", "Keeps hot": "4 hours", "Material": "Stainless steel"},
    [("TUR-35", {}, 2790, 310, 83)],
)  # fmt: skip
_add(
    "cups-and-servers", "glass-server", "Glass server", "Sees what you pour",
    "Borosilicate glass with a mark for every cup, and a lid that stays on when you tilt it.",
    {"Holds": "0.6 l", "Material": "Borosilicate glass"},
    [("GLA-06", {}, 2790, 340, 57)],
)  # fmt: skip
_add(
    "cups-and-servers", "varm-thermos", "Varm thermos jug", "A litre for the table",
    "Keeps coffee hot through a long meeting and does not drip on the minutes.",
    {"Holds": "1.0 l", "Keeps hot": "8 hours"},
    [("VRM-10", {}, 4990, 780, 36)],
)  # fmt: skip
_add(
    "cups-and-servers", "milk-pitcher", "Milk pitcher", "A spout that draws",
    "Steel, with a handle that can be held while it is hot.",
    {"Material": "Stainless steel"},
    [("MIL-35", {"Size": "0.35 l"}, 2290, 240, 51), ("MIL-60", {"Size": "0.6 l"}, 2690, 330, 44)],
)  # fmt: skip

_add(
    "parts-and-care", "brew-scale", "Brew scale", "0.1 g, with a timer that starts itself",
    "Feels the first drop and starts counting. USB-C, and a battery that lasts for a month of mornings.",
    {"Precision": "0.1 g to 2 kg", "Battery": "30 hours, USB-C", "Size": "13 × 13 × 2 cm"},
    [("SCA-01", {}, 6990, 410, 48)],
)  # fmt: skip
_add(
    "parts-and-care", "tamper", "Tamper, 58 mm", "Straight, every time",
    "A collar keeps it level and a spring keeps it at 15 kg.",
    {"Diameter": "58.4 mm", "Pressure": "15 kg", "Material": "Steel, beech"},
    [("TAM-58", {}, 4990, 520, 35)],
)  # fmt: skip
_add(
    "parts-and-care", "knock-box", "Knock box", "Where the puck goes",
    "Beech and steel, with a bar that forgives enthusiasm.",
    {"Size": "12 × 12 × 14 cm"},
    [("KNO-01", {}, 3290, 900, 27)],
)  # fmt: skip
_add(
    "parts-and-care", "filter-papers", "Filter papers, 100", "Cones, unbleached",
    "Oxygen-washed paper without a taste of its own. Fits the Skog.",
    {"Contains": "100", "Size": "02, 1×4"},
    [("FIL-100", {}, 590, 130, 300)],
)  # fmt: skip
_add(
    "parts-and-care", "descaler", "Descaler", "Citric acid, six doses",
    "For every machine and kettle of ours and most others. Use it every two months where water is hard.",
    {"Contains": "6 × 50 g", "For": "Machines, kettles, brewers"},
    [("DES-06", {}, 1290, 320, 210)],
)  # fmt: skip
_add(
    "parts-and-care", "cleaning-tablets", "Cleaning tablets", "Sixty mornings of a clean group",
    "Dissolve coffee oils in the group and the portafilter. One a day in a café, one a week at home.",
    {"Contains": "60 × 2 g", "For": "Espresso machines"},
    [("TAB-60", {}, 1490, 180, 160)],
)  # fmt: skip
_add(
    "parts-and-care", "grinder-cleaner", "Machine cleaner", "Pearls that take the oil along",
    "Put them through the grinder in place of beans; they leave nothing behind but a clean burr.",
    {"Contains": "430 g", "For": "Grinders, bean-to-cup machines"},
    [("CLE-43", {}, 1790, 450, 72)],
)  # fmt: skip
_add(
    "parts-and-care", "brush-set", "Brush set", "Three brushes for three places",
    "Group, burrs, spout. Beech, and bristles that can take the heat.",
    {"Contains": "3 brushes"},
    [("BRU-03", {}, 1690, 150, 64)],
)  # fmt: skip
_add(
    "parts-and-care", "gasket-set", "Gasket set", "Seal and screen for Aurora and Pico",
    "Changed once a year, the machine stays as new. With the hex key and a drawing of how it is done.",
    {"Fits": "Aurora, Pico, Havn", "Contains": "Seal 8.5 mm, shower screen, key"},
    [("GAS-01", {}, 1490, 60, 130)],
)  # fmt: skip
_add(
    "parts-and-care", "water-filter", "Water filter cartridge", "Two months of soft water",
    "Sits in the tank of Aurora and Kontor and keeps the scale out of the boiler.",
    {"Lasts": "60 l", "Fits": "Aurora, Kontor"},
    [("WAT-01", {}, 1690, 140, 92), ("WAT-03", {"Size": "Pack of 3"}, 4490, 420, 48)],
)  # fmt: skip

_add(
    "office-machines", "kontor-20", "Kontor 20", "From bean to cup for up to twenty people",
    "Grinds, doses and brews by itself, and tells you in plain words when it wants water, beans or a clean.",
    {"Cups a day": "Up to 60", "Grinder": "Steel, 50 mm", "Water": "Tank 3 l", "Size": "29 × 46 × 48 cm, 17 kg", "Warranty": "2 years, service contract available"},
    [("KON-20", {}, 149000, 17000, 9)],
)  # fmt: skip
_add(
    "office-machines", "kontor-40", "Kontor 40", "From bean to cup for up to forty people",
    "With the service contract a technician comes twice a year, and within two days when something is wrong.",
    {"Cups a day": "Up to 120", "Grinder": "Ceramic, 64 mm", "Water": "Tank 4 l or plumbed in", "Power": "230 V, 2,300 W", "Size": "36 × 52 × 58 cm, 31 kg", "Warranty": "2 years, service contract available"},
    [("KON-40", {}, 289000, 31000, 6)],
)  # fmt: skip
_add(
    "office-machines", "kontor-80", "Kontor 80 with milk", "Eighty people, fresh milk, no queue",
    "Two grinders, a milk fridge beside it, and a cleaning programme that runs while you lock up.",
    {"Cups a day": "Up to 250", "Milk": "Fridge 4 l", "Water": "Plumbed in", "Size": "62 × 56 × 74 cm, 58 kg", "Warranty": "2 years, service contract available"},
    [("KON-80", {}, 549000, 58000, 3)],
)  # fmt: skip
_add(
    "office-machines", "stor-batch-brewer", "Stor batch brewer", "Two jugs of filter for the whole floor",
    "Five litres in eight minutes, for the meeting that nobody wanted.",
    {"Makes": "2 × 2.5 l", "Power": "230 V, 3,000 W", "Water": "Plumbed in"},
    [("STB-02", {}, 99000, 16000, 7)],
)  # fmt: skip
_add(
    "office-machines", "kilde-water-tower", "Kilde water tower", "Filtered, still or sparkling",
    "From the tap, through our filter, at eight degrees. Saves a pallet of bottles a month.",
    {"Cools": "20 l an hour", "Filter": "Changed every six months", "Size": "32 × 38 × 120 cm, 34 kg"},
    [("KIL-01", {}, 189000, 34000, 4)],
)  # fmt: skip

_bean(
    "winter-blend", "WIN", "Winter blend", "Cocoa, dried plum, a little smoke",
    "Roasted darker from November to February, for milk and for long evenings. When it is gone, it is gone until next year.",
    "Brazil Cerrado, Sumatra", "Medium dark", "Cocoa, dried plum, smoke", 990, 3290, 120,
)  # fmt: skip
_bean(
    "brasil-cerrado", "CER", "Brazil Cerrado", "Round, nutty, easy to like",
    "From one family farm on the high plain. Little acid and much body: the coffee to convert somebody with.",
    "Brazil, Cerrado", "Medium", "Hazelnut, cocoa", 850, 2890, 96,
)  # fmt: skip
_bean(
    "costa-rica-tarrazu", "TAR", "Costa Rica Tarrazú", "Honey, and an orange in the sun",
    "Dried in its fruit's own honey, which stays in the cup. Best as filter, good as a bright espresso.",
    "Costa Rica, Tarrazú", "Medium light", "Honey, orange", 1090, 3690, 54,
)  # fmt: skip
_add(
    "grinders", "tur-hand-grinder", "Tur hand grinder", "Half the length, fits the press",
    "The small brother of the Fjell, for rucksacks: 18 g at a time, and the crank folds in.",
    {"Burrs": "38 mm conical, hardened steel", "Holds": "18 g", "Settings": "60 clicks", "Weight": "360 g"},
    [("TUG-01", {}, 6900, 360, 46)],
)  # fmt: skip
_add(
    "filter-brewers", "stempel-small", "Stempel French press, small", "One large cup, or two small ones",
    "The same two sieves and double walls as the Stempel, for one.",
    {"Holds": "0.35 l", "Material": "Stainless steel", "Weight": "510 g"},
    [("STE-03", {}, 3990, 510, 52)],
)  # fmt: skip
_add(
    "filter-brewers", "kjele-small-moka-pot", "Kjele moka pot, small", "Three small strong cups",
    "For the small flame on the left. Same steel, same seal as the large one.",
    {"Holds": "0.15 l, 3 cups", "Stoves": "All, induction too", "Weight": "420 g"},
    [("KJE-03", {}, 3690, 420, 44)],
)  # fmt: skip
_add(
    "kettles", "liten-kettle", "Liten kettle", "Eight tenths of a litre, boiling in two minutes",
    "For one pot of tea or two cups by hand. It fits where the Hytte does not.",
    {"Holds": "0.8 l", "Power": "230 V, 1,500 W", "Noise": "60 dB", "Weight": "0.8 kg"},
    [("LIT-01", {}, 5900, 800, 37)],
)  # fmt: skip
_add(
    "cups-and-servers", "lungo-cup", "Lungo cup and saucer", "12 cl, between the two",
    "For the long espresso and the short filter. Slate glaze, thick foot.",
    {"Holds": "120 ml", "Material": "Stoneware", "Care": "Dishwasher"},
    [("LUN-01", {}, 1690, 380, 58)],
)  # fmt: skip
_add(
    "cups-and-servers", "bakke-mugs", "Bakke mugs, pair", "Wide at the foot, hard to knock over",
    "For desks with papers on them. A quarter of a litre each.",
    {"Holds": "250 ml each", "Material": "Glazed stoneware"},
    [("BAK-02", {}, 2890, 720, 41)],
)  # fmt: skip
_add(
    "parts-and-care", "milk-cleaner", "Milk system cleaner", "Dissolves what water does not",
    "A capful a day through the milk hose, and it smells of nothing.",
    {"Contains": "1 l", "For": "Bean-to-cup machines with milk"},
    [("MLK-01", {}, 1590, 1080, 74)],
)  # fmt: skip
_add(
    "parts-and-care", "bean-tin", "Bean tin", "Half a kilo, in the dark, without air",
    "The inner lid is pressed down onto the beans and pushes the air out.",
    {"Holds": "500 g", "Material": "Steel, beech"},
    [("TIN-05", {}, 2790, 480, 63)],
)  # fmt: skip

# What costs less since last week: the SKU, and its regular price.
REDUCED = {"SKO-PI": 6490, "SKO-RU": 6490, "HYT-RU": 9900, "HYT-PI": 9900, "FJE-ST": 10900, "FJE-BK": 10900}
