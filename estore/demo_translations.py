# ruff: noqa: E501 - data, read line by line
"""The demo catalogue in German, Spanish, Hungarian and Portuguese, as the `translations` of its rows."""

import re
from typing import Any

LOCALES = ("de", "es", "hu", "pt")
Said = dict[str, tuple[str, ...]]


def of(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The translations of a category or product of estore/demo_products.py."""
    texts = CATEGORIES if "skus" not in row else PRODUCTS
    made: dict[str, dict[str, Any]] = {}
    for locale in LOCALES:
        *names, description = texts[row["slug"]][locale]
        made[locale] = {"name": names[0], "description": description}
        if "skus" in row:
            made[locale]["tagline"] = names[1]
            made[locale]["options"] = {
                word: OPTIONS[locale].get(word, number(word, locale)) for word in _choices(row)
            }
            made[locale]["specification"] = [
                [TERMS[term][LOCALES.index(locale)], _value(value, locale)]
                for term, value in row["specification"]
            ]
    return made


def _choices(row: dict[str, Any]) -> set[str]:
    return {str(word) for sku in row["skus"] for pair in sku[1].items() for word in pair}


def _value(value: str, locale: str) -> str:
    return VALUES[value][LOCALES.index(locale)] if value in VALUES else number(value, locale)


def number(text: str, locale: str) -> str:
    """Numbers as they are written there: 1,600 W is 1.600 W, in Hungarian 1600 W; 0.5 l is 0,5 l."""
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "\0", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", ",", text)
    return text.replace("\0", "" if locale == "hu" else ".")


# fmt: off
SHIPPING: dict[str, dict[str, dict[str, str]]] = {
    "standard": {
        "de": {"name": "Standardversand", "promise": "In 2 bis 3 Werktagen bei Ihnen"},
        "es": {"name": "Envío estándar", "promise": "En tu casa en 2 o 3 días laborables"},
        "hu": {"name": "Normál szállítás", "promise": "2–3 munkanapon belül Önnél"},
        "pt": {"name": "Entrega normal", "promise": "Em sua casa em 2 a 3 dias úteis"},
    },
    "express": {
        "de": {"name": "Expressversand", "promise": "Bis 14 Uhr bestellt, morgen bei Ihnen"},
        "es": {"name": "Envío urgente", "promise": "Si pides antes de las 14:00, mañana en tu casa"},
        "hu": {"name": "Expressz szállítás", "promise": "14 óráig megrendelve holnap Önnél"},
        "pt": {"name": "Entrega expresso", "promise": "Encomendado até às 14:00, amanhã em sua casa"},
    },
    "europe": {
        "de": {"name": "Versand innerhalb der EU", "promise": "In 4 bis 6 Werktagen bei Ihnen"},
        "es": {"name": "Envío dentro de la UE", "promise": "En tu casa en 4 a 6 días laborables"},
        "hu": {"name": "Szállítás az EU-n belül", "promise": "4–6 munkanapon belül Önnél"},
        "pt": {"name": "Entrega na UE", "promise": "Em sua casa em 4 a 6 dias úteis"},
    },
}
PAYMENT: dict[str, dict[str, dict[str, str]]] = {
    "card": {
        "de": {"name": "Karte", "detail": "Visa, Mastercard und andere, sofort"},
        "es": {"name": "Tarjeta", "detail": "Visa, Mastercard y otras, al momento"},
        "hu": {"name": "Bankkártya", "detail": "Visa, Mastercard és mások, azonnal"},
        "pt": {"name": "Cartão", "detail": "Visa, Mastercard e outros, de imediato"},
    },
    "bank_transfer": {
        "de": {"name": "Überweisung", "detail": "Wir packen, sobald das Geld da ist"},
        "es": {"name": "Transferencia", "detail": "Preparamos el pedido en cuanto llega el dinero"},
        "hu": {"name": "Banki átutalás", "detail": "Amint a pénz megérkezik, csomagolunk"},
        "pt": {"name": "Transferência bancária", "detail": "Preparamos a encomenda assim que o dinheiro chegar"},
    },
    "invoice": {
        "de": {"name": "Auf Rechnung", "detail": "Für Unternehmen: zahlbar 14 Tage nach Lieferung"},
        "es": {"name": "A cuenta", "detail": "Para empresas: paga en los 14 días siguientes a la entrega"},
        "hu": {"name": "Számlára", "detail": "Cégeknek: fizetés a kézbesítéstől számított 14 napon belül"},
        "pt": {"name": "A crédito", "detail": "Para empresas: pague até 14 dias após a entrega"},
    },
    "cash_on_delivery": {
        "de": {"name": "Nachnahme", "detail": "Zahlen Sie an der Tür beim Paketdienst"},
        "es": {"name": "Contra reembolso", "detail": "Paga al transportista en la puerta"},
        "hu": {"name": "Utánvét", "detail": "Fizessen a futárnak az ajtóban"},
        "pt": {"name": "À cobrança", "detail": "Pague à transportadora à porta"},
    },
}
OPTIONS: dict[str, dict[str, str]] = {
    "de": {"Colour": "Farbe", "Size": "Größe", "Black": "Schwarz", "Cream": "Creme", "Pine": "Kieferngrün", "Rust": "Rost", "Steel": "Stahl", "Pack of 3": "3er-Packung"},
    "es": {"Colour": "Color", "Size": "Tamaño", "Black": "Negro", "Cream": "Crema", "Pine": "Verde pino", "Rust": "Óxido", "Steel": "Acero", "Pack of 3": "Paquete de 3"},
    "hu": {"Colour": "Szín", "Size": "Méret", "Black": "Fekete", "Cream": "Krém", "Pine": "Fenyőzöld", "Rust": "Rozsdavörös", "Steel": "Acél", "Pack of 3": "3 darabos csomag"},
    "pt": {"Colour": "Cor", "Size": "Tamanho", "Black": "Preto", "Cream": "Creme", "Pine": "Verde-pinho", "Rust": "Ferrugem", "Steel": "Aço", "Pack of 3": "Conjunto de 3"},
}
CATEGORIES: dict[str, Said] = {
    "espresso-machines": {
        "de": ("Espressomaschinen", "Gebaut, um geöffnet, gereinigt und repariert zu werden."),
        "es": ("Máquinas de espresso", "Hechas para abrirse, limpiarse y repararse."),
        "hu": ("Eszpresszógépek", "Úgy készültek, hogy szét lehessen nyitni, tisztítani és javítani őket."),
        "pt": ("Máquinas de café expresso", "Feitas para abrir, limpar e reparar."),
    },
    "grinders": {
        "de": ("Mühlen", "Gleichmäßig gemahlen, ruhige Morgen."),
        "es": ("Molinillos", "Molienda uniforme, mañanas tranquilas."),
        "hu": ("Őrlők", "Egyenletes őrlés, csendes reggelek."),
        "pt": ("Moinhos", "Moagem uniforme, manhãs tranquilas."),
    },
    "filter-brewers": {
        "de": ("Filterkaffee", "Aufgießen, pressen, tropfen: für eine Tasse oder zehn."),
        "es": ("Cafeteras de filtro", "Goteo, prensa y vertido, para una taza o para diez."),
        "hu": ("Filterkávé-készítők", "Csepegtető, dugattyús és kézi kiöntő, egy csészéhez vagy tízhez."),
        "pt": ("Cafeteiras de filtro", "Gotejamento, prensa e filtro manual, para uma chávena ou dez."),
    },
    "kettles": {
        "de": ("Wasserkessel", "Das richtige Wasser, auf das Grad genau."),
        "es": ("Hervidores", "El agua justa, al grado."),
        "hu": ("Vízforralók", "A megfelelő víz, fokra pontosan."),
        "pt": ("Chaleiras", "A água certa, ao grau."),
    },
    "beans": {
        "de": ("Bohnen", "Dienstags und donnerstags in Berlin geröstet."),
        "es": ("Café en grano", "Tostado los martes y los jueves en Berlín."),
        "hu": ("Kávébab", "Keddenként és csütörtökönként Berlinben pörkölve."),
        "pt": ("Café em grão", "Torrado às terças e quintas em Berlim."),
    },
    "cups-and-servers": {
        "de": ("Tassen & Kannen", "Steingut und Glas, die warm halten."),
        "es": ("Tazas y jarras", "Gres y vidrio que guardan el calor."),
        "hu": ("Csészék és kannák", "Kőagyag és üveg, amely tartja a meleget."),
        "pt": ("Chávenas e jarros", "Grés e vidro que guardam o calor."),
    },
    "parts-and-care": {
        "de": ("Teile & Pflege", "Damit es zwanzig Jahre läuft."),
        "es": ("Piezas y cuidado", "Para que funcione veinte años."),
        "hu": ("Alkatrész és ápolás", "Hogy húsz évig működjön."),
        "pt": ("Peças e cuidados", "Para funcionar durante vinte anos."),
    },
    "office-machines": {
        "de": ("Büromaschinen", "Guter Kaffee für zwanzig bis zweihundert Menschen."),
        "es": ("Máquinas de oficina", "Buen café para entre veinte y doscientas personas."),
        "hu": ("Irodai gépek", "Jó kávé húsz–kétszáz embernek."),
        "pt": ("Máquinas de escritório", "Bom café para vinte a duzentas pessoas."),
    },
}
PRODUCTS: dict[str, Said] = {
    "aurora-espresso-machine": {
        "de": ("Espressomaschine Aurora", "Zwei Kessel, in neun Minuten bereit", "Zwei Kessel, damit Sie gleichzeitig brühen und Milch schäumen können und keiner auf den anderen wartet. Die Brühgruppe wird eigens beheizt, die Pumpe ist leise genug für eine frühe Küche, und jede Dichtung ist mit einem einzigen Sechskantschlüssel zu erreichen. Ersatzteile halten wir mindestens fünfzehn Jahre vor."),
        "es": ("Máquina de espresso Aurora", "Dos calderas, lista en nueve minutos", "Dos calderas, para preparar café y vaporizar leche a la vez sin que una espere a la otra. El grupo se calienta por separado, la bomba es lo bastante silenciosa para una cocina de madrugada y a cada junta se llega con una sola llave hexagonal. Guardamos piezas durante al menos quince años."),
        "hu": ("Aurora eszpresszógép", "Két kazán, kilenc perc alatt kész", "Két kazán, hogy egyszerre főzhessen kávét és gőzölhessen tejet, és egyik se várjon a másikra. A főzőfej külön fűtött, a pumpa elég csendes egy kora reggeli konyhához, és minden tömítés egyetlen imbuszkulccsal elérhető. Alkatrészeket legalább tizenöt évig tartunk."),
        "pt": ("Máquina de café expresso Aurora", "Duas caldeiras, pronta em nove minutos", "Duas caldeiras, para tirar café e vaporizar leite ao mesmo tempo sem que uma espere pela outra. O grupo é aquecido à parte, a bomba é silenciosa o bastante para uma cozinha madrugadora e chega-se a cada vedante com uma única chave sextavada. Guardamos peças durante pelo menos quinze anos."),
    },
    "pico-compact-machine": {
        "de": ("Kompaktmaschine Pico", "Ein Kessel, ein Hebel, 19 cm breit", "Eine Maschine mit einem Kessel für Küchen, in denen kein Meter übrig ist. In vier Minuten ist sie heiß, brüht einen ordentlichen Espresso mit 9 bar und schäumt Milch für zwei. Der Hebel ist aus Buche, der Rest aus Stahl."),
        "es": ("Máquina compacta Pico", "Una caldera, una palanca, 19 cm de ancho", "Una máquina de una sola caldera para cocinas a las que no les sobra un metro. Se calienta en cuatro minutos, hace un buen espresso a 9 bares y vaporiza leche para dos. La palanca es de haya; el resto, de acero."),
        "hu": ("Pico kompakt gép", "Egy kazán, egy kar, 19 cm széles", "Egykazános gép olyan konyhákba, ahol nincs egy felesleges méter. Négy perc alatt felfűt, rendes, 9 báros eszpresszót főz, és két főre elég tejet gőzöl. A kar bükkfa, a többi acél."),
        "pt": ("Máquina compacta Pico", "Uma caldeira, uma alavanca, 19 cm de largura", "Uma máquina de uma só caldeira para cozinhas sem um metro a mais. Aquece em quatro minutos, tira um verdadeiro expresso a 9 bar e vaporiza leite para dois. A alavanca é de faia; o resto é aço."),
    },
    "havn-lever-machine": {
        "de": ("Handhebelmaschine Havn", "Keine Pumpe: Ihr Arm und eine Feder", "Sie ziehen den Hebel, die Feder macht den Rest, und nichts brummt. Für alle, die gern wissen, warum eine Tasse so geworden ist, wie sie ist."),
        "es": ("Máquina de palanca Havn", "Sin bomba: tu brazo y un muelle", "Tú tiras de la palanca, el muelle hace el resto y nada zumba. Para quienes quieren saber por qué una taza salió como salió."),
        "hu": ("Havn karos gép", "Nincs pumpa: az Ön karja és egy rugó", "Ön meghúzza a kart, a többit a rugó végzi, és semmi sem zúg. Azoknak, akik szeretik tudni, miért lett olyan a kávé, amilyen."),
        "pt": ("Máquina de alavanca Havn", "Sem bomba: o seu braço e uma mola", "Puxa a alavanca, a mola faz o resto e nada zumbe. Para quem gosta de saber porque é que uma chávena saiu como saiu."),
    },
    "polaris-two-group": {
        "de": ("Zweigruppige Maschine Polaris", "Für Cafés und für sehr große Familien", "Zwei Gruppen, 11 Liter Dampf und eine Wartungsklappe an der Seite, damit sie für eine Reparatur nie von der Theke muss."),
        "es": ("Máquina de dos grupos Polaris", "Para cafeterías y para familias muy numerosas", "Dos grupos, 11 litros de vapor y una puerta de servicio en el lateral, para que nunca tenga que salir de la barra a repararse."),
        "hu": ("Polaris kétkaros gép", "Kávézóknak és nagyon nagy családoknak", "Két főzőfej, 11 liter gőz és oldalsó szervizajtó, hogy javításhoz soha ne kelljen levenni a pultról."),
        "pt": ("Máquina de dois grupos Polaris", "Para cafés e para famílias muito grandes", "Dois grupos, 11 litros de vapor e uma porta de serviço lateral, para nunca ter de sair do balcão para ser reparada."),
    },
    "fjell-hand-grinder": {
        "de": ("Handmühle Fjell", "38-mm-Mahlwerk aus Stahl, kein Kabel", "Mahlt 25 g für Filterkaffee in einer halben Minute, feiner für Espresso in etwas mehr. Die Einstellung rastet und lässt sich zählen, sodass die Tasse von gestern wieder gelingt."),
        "es": ("Molinillo manual Fjell", "Muelas de acero de 38 mm, sin cable", "Muele 25 g para filtro en medio minuto, y más fino para espresso en un poco más. El ajuste hace clic y se puede contar, así que la taza de ayer se puede repetir."),
        "hu": ("Fjell kézi őrlő", "38 mm-es acél őrlőkúp, kábel nélkül", "25 g kávét fél perc alatt őröl filterhez, eszpresszóhoz finomabbra valamivel tovább. A beállítás kattan és számolható, így a tegnapi csésze megismételhető."),
        "pt": ("Moinho manual Fjell", "Mós de aço de 38 mm, sem cabo", "Mói 25 g para filtro em meio minuto, e mais fino para expresso em pouco mais. O ajuste faz clique e pode contar-se, por isso a chávena de ontem pode repetir-se."),
    },
    "kvern-grinder": {
        "de": ("Mühle Kvern", "64-mm-Scheibenmahlwerk, Einzeldosis", "Gemacht zum Abwiegen und Alles-Mahlen: 0,1 g bleibt zurück, und was herauskommt, ist so gleichmäßig, wie wir es können. Stufenlos, mit einer Skala, die man ohne Brille liest."),
        "es": ("Molinillo Kvern", "Muelas planas de 64 mm, monodosis", "Hecho para pesar y molerlo todo: se quedan 0,1 g dentro y lo que sale es tan uniforme como sabemos hacerlo. Ajuste continuo, con un dial que se lee sin gafas."),
        "hu": ("Kvern őrlő", "64 mm-es lapos őrlőtárcsa, egyadagos", "Arra készült, hogy a kimért adagot mind megőrölje: 0,1 g marad benne, és ami kijön, olyan egyenletes, amilyenre csak képesek vagyunk. Fokozatmentes, szemüveg nélkül is leolvasható tárcsával."),
        "pt": ("Moinho Kvern", "Mós planas de 64 mm, dose única", "Feito para pesar e moer tudo: ficam 0,1 g lá dentro e o que sai é tão uniforme quanto sabemos fazer. Ajuste contínuo, com um mostrador que se lê sem óculos."),
    },
    "storkvern-shop-grinder": {
        "de": ("Ladenmühle Storkvern", "Ein Kilo in der Minute, den ganzen Tag", "98-mm-Mahlscheiben und ein Motor, der nichts davon merkt. Für Läden, Röstereien und Büros, die sackweise kaufen."),
        "es": ("Molino de tienda Storkvern", "Un kilo por minuto, todo el día", "Muelas de 98 mm y un motor que ni se entera. Para tiendas, tostadores y oficinas que compran por sacos."),
        "hu": ("Storkvern bolti őrlő", "Egy kiló percenként, egész nap", "98 mm-es őrlőtárcsák és egy motor, amely észre sem veszi. Boltoknak, pörkölőknek és zsákszámra vásárló irodáknak."),
        "pt": ("Moinho de loja Storkvern", "Um quilo por minuto, o dia todo", "Mós de 98 mm e um motor que nem dá por isso. Para lojas, torrefatores e escritórios que compram aos sacos."),
    },
    "skog-pour-over": {
        "de": ("Handfilter-Set Skog", "Steingutfilter und Kanne für vier Tassen", "Sechzig Grad steile Wände und eine große Öffnung: Das Wasser geht dorthin, wohin Sie es gießen. Für gewöhnliche Filtertüten."),
        "es": ("Juego de goteo Skog", "Cono de gres y jarra para cuatro tazas", "Paredes a sesenta grados y una abertura grande: el agua va adonde la viertes. Usa filtros cónicos corrientes."),
        "hu": ("Skog kézi filterkészlet", "Kőagyag filtertartó és kanna négy csészéhez", "Hatvanfokos fal és egyetlen nagy nyílás: a víz oda megy, ahová önti. Szokásos kúpos filterpapírhoz."),
        "pt": ("Conjunto de filtro Skog", "Cone de grés e jarro para quatro chávenas", "Paredes a sessenta graus e uma abertura grande: a água vai para onde a verte. Usa filtros cónicos comuns."),
    },
    "fjord-batch-brewer": {
        "de": ("Filtermaschine Fjord", "Zehn Tassen bei 94 Grad", "Kupfer erhitzt das Wasser auf 92 bis 96 Grad und hält es dort bis zum letzten Tropfen. Eine Thermoskanne statt einer Warmhalteplatte, damit die zehnte Tasse schmeckt wie die erste."),
        "es": ("Cafetera de filtro Fjord", "Diez tazas a 94 grados", "El cobre calienta el agua a entre 92 y 96 grados y la mantiene ahí hasta la última gota. Un termo, no una placa, para que la décima taza sepa como la primera."),
        "hu": ("Fjord filteres kávéfőző", "Tíz csésze 94 fokon", "A réz 92–96 fokra melegíti a vizet, és az utolsó cseppig ott tartja. Termosz, nem melegítőlap, így a tizedik csésze is olyan, mint az első."),
        "pt": ("Cafeteira de filtro Fjord", "Dez chávenas a 94 graus", "O cobre aquece a água a 92 a 96 graus e mantém-na aí até à última gota. Um termo, não uma placa, para que a décima chávena saiba como a primeira."),
    },
    "isbre-carafe": {
        "de": ("Karaffe Isbre", "Glas, ein Holzkragen, dickes Papier", "Die Langsame. Das Papier hält zurück, was die Tasse trübt, und die Form lässt den Kaffee atmen."),
        "es": ("Cafetera de jarra Isbre", "Vidrio, un collar de madera, papel grueso", "La lenta. El papel retiene lo que enturbia la taza y la forma deja respirar el café."),
        "hu": ("Isbre karaffás kávékészítő", "Üveg, fagallér, vastag papír", "A lassú. A papír visszatartja, ami zavarossá tenné a csészét, a forma hagyja lélegezni a kávét."),
        "pt": ("Cafeteira de jarro Isbre", "Vidro, uma gola de madeira, papel grosso", "A lenta. O papel retém o que turva a chávena e a forma deixa o café respirar."),
    },
    "stempel-french-press": {
        "de": ("Pressstempelkanne Stempel", "Doppelwandig, kein Satz", "Zwei Siebe ineinander halten die Tasse klar; Wände aus Stahl halten sie eine Stunde lang heiß."),
        "es": ("Prensa francesa Stempel", "Doble pared, sin posos", "Dos tamices, uno dentro de otro, mantienen limpia la taza; las paredes de acero la conservan caliente una hora."),
        "hu": ("Stempel dugattyús kávéfőző", "Dupla fal, zacc nélkül", "Két egymásba illő szita tisztán tartja a csészét, az acélfal egy órán át forrón."),
        "pt": ("Prensa francesa Stempel", "Parede dupla, sem borras", "Dois coadores, um dentro do outro, mantêm a chávena limpa; as paredes de aço mantêm-na quente durante uma hora."),
    },
    "trykk-travel-press": {
        "de": ("Reisepresse Trykk", "Aufbrühen, pressen, daraus trinken", "Presse und Becher in einem, mit einem Deckel, der im Rucksack nicht ausläuft. Wir haben es ausprobiert."),
        "es": ("Prensa de viaje Trykk", "Prepara, prensa y bebe", "Prensa y taza en una, con una tapa que no gotea en la mochila. Lo hemos probado."),
        "hu": ("Trykk utazó kávéprés", "Készítse el, nyomja le, igya ki belőle", "Kávéprés és bögre egyben, olyan fedéllel, amely a hátizsákban sem ereszt. Kipróbáltuk."),
        "pt": ("Prensa de viagem Trykk", "Prepare, prense e beba", "Prensa e caneca numa só peça, com uma tampa que não verte na mochila. Experimentámos."),
    },
    "kjele-moka-pot": {
        "de": ("Mokakanne Kjele", "Sechs kleine, starke Tassen", "Die Kanne für den Herd, aus Stahl für jeden Herd, mit einer Dichtung, die hält und zwei Euro kostet, wenn nicht."),
        "es": ("Cafetera italiana Kjele", "Seis tazas pequeñas y fuertes", "La cafetera de fogón, de acero para todas las cocinas, con una junta que dura y que cuesta dos euros cuando no."),
        "hu": ("Kjele kotyogós kávéfőző", "Hat kis, erős csésze", "Tűzhelyre való kávéfőző acélból, minden tűzhelyhez, olyan tömítéssel, amely kitart, és két euróba kerül, ha mégsem."),
        "pt": ("Cafeteira italiana Kjele", "Seis chávenas pequenas e fortes", "A cafeteira de fogão, em aço para todos os fogões, com um vedante que dura e que custa dois euros quando não."),
    },
    "natt-cold-brew-bottle": {
        "de": ("Cold-Brew-Flasche Natt", "Heute Abend in den Kühlschrank, morgen fertig", "Kaffee ins Sieb, Wasser in die Flasche, zwölf Stunden Geduld."),
        "es": ("Botella para cold brew Natt", "Esta noche a la nevera, mañana lista", "Café en el tamiz, agua en la botella, doce horas de paciencia."),
        "hu": ("Natt hidegkávés palack", "Ma este a hűtőbe, holnapra kész", "Kávé a szitába, víz a palackba, tizenkét óra türelem."),
        "pt": ("Garrafa de cold brew Natt", "Esta noite no frigorífico, pronta amanhã", "Café no coador, água na garrafa, doze horas de paciência."),
    },
    "nord-gooseneck-kettle": {
        "de": ("Schwanenhalskessel Nord", "Auf das Grad genau, und langsam genug zum Zielen", "Wählen Sie eine Temperatur von 40 bis 100 Grad; in vier Minuten ist sie erreicht und bleibt eine Stunde lang. Die Tülle gießt einen Faden oder einen Strahl, je nachdem, wie Sie kippen."),
        "es": ("Hervidor de cuello de cisne Nord", "Al grado, y lo bastante lento para apuntar", "Elige cualquier temperatura de 40 a 100 grados; llega en cuatro minutos y la mantiene una hora. El pico vierte un hilo o un chorro, según lo inclines."),
        "hu": ("Nord hattyúnyakú vízforraló", "Fokra pontos, és elég lassú a célzáshoz", "Válasszon bármilyen hőfokot 40 és 100 fok között; négy perc alatt eléri, és egy órán át tartja. A csőr fonalat vagy sugarat önt, ahogy billenti."),
        "pt": ("Chaleira de bico fino Nord", "Ao grau, e lenta o bastante para acertar", "Escolha qualquer temperatura de 40 a 100 graus; chega lá em quatro minutos e mantém-na uma hora. O bico verte um fio ou um jato, conforme a inclinar."),
    },
    "nord-stovetop-kettle": {
        "de": ("Herdkessel Nord", "Eine Tülle, ein Griff und ein Thermometer", "Für Gas, Induktion und Lagerfeuer. Das Thermometer sitzt im Deckel und braucht keine Batterie."),
        "es": ("Hervidor de fogón Nord", "Un pico, un asa y un termómetro", "Para gas, inducción y hogueras. El termómetro va en la tapa y no necesita pila."),
        "hu": ("Nord tűzhelyes vízforraló", "Egy csőr, egy fogó és egy hőmérő", "Gázra, indukcióra és tábortűzre. A hőmérő a fedélben ül, és nem kell hozzá elem."),
        "pt": ("Chaleira de fogão Nord", "Um bico, uma pega e um termómetro", "Para gás, indução e fogueiras. O termómetro está na tampa e não precisa de pilha."),
    },
    "hytte-kettle": {
        "de": ("Wasserkocher Hytte", "Der für jeden Tag, und er ist leise", "1,5 Liter, eine weite Öffnung, die sich von Hand reinigen lässt, und kein Sichtfenster, das undicht wird."),
        "es": ("Hervidor Hytte", "El de diario, y es silencioso", "1,5 litros, una boca ancha que se limpia a mano y ningún visor que gotee."),
        "hu": ("Hytte vízforraló", "A mindennapi, és csendes", "1,5 liter, kézzel is tisztítható széles nyílás, és nincs ablak, amely szivároghatna."),
        "pt": ("Chaleira Hytte", "A de todos os dias, e é silenciosa", "1,5 litros, uma boca larga que se limpa à mão e nenhum visor que possa verter."),
    },
    "dawn-blend": {
        "de": ("Mischung Dawn", "Schokolade, Haselnuss, keine Überraschungen", "Unser Hausespresso: Brasilien und Guatemala, mittelbraun geröstet. Verzeiht Milch und Mühle einiges. Zweimal in der Woche geröstet und innerhalb von zwei Tagen verschickt."),
        "es": ("Mezcla Dawn", "Chocolate, avellana, sin sorpresas", "Nuestro espresso de la casa: Brasil y Guatemala, de tueste medio. Indulgente con la leche y con el molinillo. Tostado dos veces por semana y enviado en dos días."),
        "hu": ("Dawn keverék", "Csokoládé, mogyoró, meglepetések nélkül", "Házi eszpresszónk: Brazília és Guatemala, középbarnára pörkölve. Tejjel és őrlővel is elnéző. Hetente kétszer pörköljük, és két napon belül feladjuk."),
        "pt": ("Lote Dawn", "Chocolate, avelã, sem surpresas", "O nosso expresso da casa: Brasil e Guatemala, torra média. Tolerante com o leite e com o moinho. Torrado duas vezes por semana e enviado em dois dias."),
    },
    "midnight-espresso": {
        "de": ("Midnight Espresso", "Wenig Säure, langer Abgang", "Indien und Sumatra, dunkel, aber nicht verbrannt geröstet. Für alle, die ihn schwarz mögen und es ernst meinen."),
        "es": ("Midnight Espresso", "Poca acidez, final largo", "India y Sumatra, de tueste oscuro pero sin quemar. Para quienes lo toman solo y lo dicen en serio."),
        "hu": ("Midnight eszpresszó", "Kevés sav, hosszú utóíz", "India és Szumátra, sötétre, de nem égettre pörkölve. Azoknak, akik feketén szeretik, és komolyan gondolják."),
        "pt": ("Midnight Espresso", "Pouca acidez, final longo", "Índia e Sumatra, torra escura mas não queimada. Para quem o bebe simples e a sério."),
    },
    "fjellheim-house-blend": {
        "de": ("Hausmischung Fjellheim", "Die, nach der das Büro fragt", "Drei Kaffees aus Mittelamerika, die sich in jeder Maschine benehmen, vom Filter bis zum Vollautomaten."),
        "es": ("Mezcla de la casa Fjellheim", "La que pide la oficina", "Tres cafés de América Central que se portan bien en todas las máquinas, del filtro a la superautomática."),
        "hu": ("Fjellheim házi keverék", "Amit az iroda kér", "Három közép-amerikai kávé, amely minden gépben jól viselkedik, a filterestől az automatáig."),
        "pt": ("Lote da casa Fjellheim", "O que o escritório pede", "Três cafés da América Central que se portam bem em qualquer máquina, do filtro à automática."),
    },
    "yirgacheffe": {
        "de": ("Äthiopien Yirgacheffe", "Gewaschen, hell wie der Juni", "Jasmin und Zitrone in der Nase, Aprikose in der Tasse. Hell geröstet für Filterkaffee; lassen Sie ihn eine Woche ruhen."),
        "es": ("Etiopía Yirgacheffe", "Lavado, luminoso como junio", "Jazmín y limón en nariz, albaricoque en la taza. Tueste claro para filtro; déjalo reposar una semana."),
        "hu": ("Etiópia Yirgacheffe", "Mosott, ragyogó, mint a június", "Illatában jázmin és citrom, a csészében sárgabarack. Világosra pörkölve filterhez; hagyja pihenni egy hétig."),
        "pt": ("Etiópia Yirgacheffe", "Lavado, luminoso como junho", "Jasmim e limão no nariz, alperce na chávena. Torra clara para filtro; deixe-o repousar uma semana."),
    },
    "kenya-nyeri": {
        "de": ("Kenia Nyeri", "Schwarze Johannisbeere, und zwar ernsthaft", "Aus zweihundert kleinen Gärten an den Hängen des Mount Kenya, zweimal gewaschen und langsam getrocknet."),
        "es": ("Kenia Nyeri", "Grosella negra, y va en serio", "De doscientos pequeños huertos en las laderas del monte Kenia, lavado dos veces y secado despacio."),
        "hu": ("Kenya Nyeri", "Feketeribizli, és komolyan gondolja", "A Kenya-hegy lejtőinek kétszáz kis kertjéből, kétszer mosva és lassan szárítva."),
        "pt": ("Quénia Nyeri", "Groselha-preta, e a sério", "De duzentas pequenas hortas nas encostas do monte Quénia, lavado duas vezes e seco devagar."),
    },
    "colombia-huila": {
        "de": ("Kolumbien Huila", "Roter Apfel, Panela, angenehme Gesellschaft", "Eine Farm, eine Ernte. Süß genug für Espresso, klar genug für Filterkaffee."),
        "es": ("Colombia Huila", "Manzana roja, panela, buena compañía", "Una finca, una cosecha. Lo bastante dulce para espresso, lo bastante limpio para filtro."),
        "hu": ("Kolumbia Huila", "Piros alma, panela, kellemes társaság", "Egy farm, egy szüret. Eszpresszóhoz elég édes, filterhez elég tiszta."),
        "pt": ("Colômbia Huila", "Maçã vermelha, panela, boa companhia", "Uma quinta, uma colheita. Doce o bastante para expresso, limpo o bastante para filtro."),
    },
    "guatemala-antigua": {
        "de": ("Guatemala Antigua", "Kakao und Orangenschale", "Gewachsen zwischen drei Vulkanen, von denen einer noch raucht."),
        "es": ("Guatemala Antigua", "Cacao y piel de naranja", "Cultivado entre tres volcanes, uno de los cuales todavía humea."),
        "hu": ("Guatemala Antigua", "Kakaó és narancshéj", "Három vulkán között terem, amelyek közül az egyik még füstöl."),
        "pt": ("Guatemala Antigua", "Cacau e casca de laranja", "Cultivado entre três vulcões, um dos quais ainda fumega."),
    },
    "sumatra-gayo": {
        "de": ("Sumatra Gayo", "Zeder, Tabak, Regen", "Feucht geschält, wie man es dort macht: schwer, erdig, langsam."),
        "es": ("Sumatra Gayo", "Cedro, tabaco, lluvia", "Descascarillado en húmedo, como se hace allí: denso, terroso, lento."),
        "hu": ("Szumátra Gayo", "Cédrus, dohány, eső", "Nedvesen hántolva, ahogyan ott szokás: testes, földes, lassú."),
        "pt": ("Sumatra Gayo", "Cedro, tabaco, chuva", "Descascado húmido, como lá se faz: denso, terroso, lento."),
    },
    "decaf-stille": {
        "de": ("Stille, ohne Koffein", "Der ganze Abend, nichts von der Nacht", "Kolumbien, mit Zuckerrohralkohol entkoffeiniert, der die Süße darin lässt."),
        "es": ("Stille, sin cafeína", "Toda la velada, nada de la noche en vela", "Colombia, descafeinado con alcohol de caña, que deja dentro el dulzor."),
        "hu": ("Stille, koffein nélkül", "Az egész este, álmatlan éjszaka nélkül", "Kolumbia, cukornádszesszel koffeinmentesítve, amely benne hagyja az édességet."),
        "pt": ("Stille, sem cafeína", "Todo o serão, nada da noite em claro", "Colômbia, descafeinado com álcool de cana, que deixa lá a doçura."),
    },
    "tasting-box": {
        "de": ("Probierkiste", "Vier Kaffees, vier Abende", "Je 100 g von vier Kaffees, mit einer Karte, die sagt, worauf zu achten ist. Ein gutes Geschenk."),
        "es": ("Caja de degustación", "Cuatro cafés, cuatro noches", "100 g de cada uno de cuatro cafés, con una tarjeta que dice en qué fijarse. Un buen regalo."),
        "hu": ("Kóstolódoboz", "Négy kávé, négy este", "Négy kávéból 100–100 g, kártyával, amely elmondja, mire figyeljen. Jó ajándék."),
        "pt": ("Caixa de prova", "Quatro cafés, quatro serões", "100 g de cada um de quatro cafés, com um cartão que diz a que prestar atenção. Um bom presente."),
    },
    "espresso-cup": {
        "de": ("Espressotasse mit Untertasse", "6 cl, warm bis zum letzten Schluck", "Eine kleine Tasse mit rundem Boden: Dort fühlt sich die Crema am wohlsten."),
        "es": ("Taza de espresso con plato", "6 cl, caliente hasta el último sorbo", "Una taza pequeña de fondo redondo, que es donde mejor está la crema."),
        "hu": ("Eszpresszócsésze csészealjjal", "6 cl, az utolsó kortyig meleg", "Kis csésze kerek aljjal, mert a krém ott érzi jól magát."),
        "pt": ("Chávena de expresso com pires", "6 cl, quente até ao último gole", "Uma chávena pequena de fundo redondo, que é onde o creme gosta de estar."),
    },
    "cappuccino-cup": {
        "de": ("Cappuccinotasse mit Untertasse", "18 cl, dicke Wände, stapelbar", "Dick gedreht, damit sie warm hält, innen glasiert und außen rau, damit sie nicht rutscht."),
        "es": ("Taza de capuchino con plato", "18 cl, paredes gruesas, apilable", "Torneada gruesa para guardar el calor, esmaltada por dentro y áspera por fuera para que no resbale."),
        "hu": ("Cappuccinós csésze csészealjjal", "18 cl, vastag fal, egymásba rakható", "Vastagra korongozva, hogy tartsa a meleget, belül mázas, kívül nyers, hogy ne csússzon."),
        "pt": ("Chávena de cappuccino com pires", "18 cl, paredes grossas, empilhável", "Torneada grossa para guardar o calor, vidrada por dentro e rugosa por fora para não escorregar."),
    },
    "hverdag-mugs": {
        "de": ("Becher Hverdag, zwei Stück", "Zwei Becher für jeden Tag", "Je ein Drittelliter, leicht in der Hand und nicht zu schade für die Spülmaschine."),
        "es": ("Tazas Hverdag, pareja", "Dos tazas para cada día", "Un tercio de litro cada una, ligeras en la mano y no demasiado finas para el lavavajillas."),
        "hu": ("Hverdag bögrék, pár", "Két bögre a hétköznapokra", "Egyenként egyharmad liter, könnyű, és nem sajnáljuk a mosogatógéptől."),
        "pt": ("Canecas Hverdag, par", "Duas canecas para todos os dias", "Um terço de litro cada, leves na mão e nada finas demais para a máquina de lavar."),
    },
    "tur-tumbler": {
        "de": ("Becher Tur", "Heiß im Zug, bei der Arbeit immer noch", "Doppelte Wände und ein Deckel, der sich mit einer Hand schließt."),
        "es": ("Vaso térmico Tur", "Caliente en el tren, caliente en el trabajo", "Doble pared y una tapa que se cierra con una mano."),
        "hu": ("Tur termobögre", "Forró a vonaton, és még a munkahelyen is", "Dupla fal és egy kézzel zárható fedél."),
        "pt": ("Copo térmico Tur", "Quente no comboio, ainda quente no trabalho", "Parede dupla e uma tampa que fecha com uma mão."),
    },
    "glass-server": {
        "de": ("Glaskanne", "Zeigt, was Sie gießen", "Borosilikatglas mit einer Marke für jede Tasse und einem Deckel, der beim Kippen bleibt, wo er ist."),
        "es": ("Jarra de vidrio", "Ves lo que viertes", "Vidrio de borosilicato con una marca por taza y una tapa que no se cae al inclinarla."),
        "hu": ("Üvegkanna", "Látja, mit önt", "Boroszilikát üveg, minden csészéhez jelöléssel, és döntéskor is helyén maradó fedéllel."),
        "pt": ("Jarro de vidro", "Vê o que verte", "Vidro borossilicato com uma marca por chávena e uma tampa que não cai quando o inclina."),
    },
    "varm-thermos": {
        "de": ("Thermoskanne Varm", "Ein Liter für den Tisch", "Hält den Kaffee durch eine lange Sitzung heiß und tropft nicht aufs Protokoll."),
        "es": ("Jarra termo Varm", "Un litro para la mesa", "Mantiene el café caliente durante una reunión larga y no gotea sobre el acta."),
        "hu": ("Varm termoszkanna", "Egy liter az asztalra", "Hosszú értekezlet alatt is forrón tartja a kávét, és nem csöpög a jegyzőkönyvre."),
        "pt": ("Jarro térmico Varm", "Um litro para a mesa", "Mantém o café quente durante uma reunião longa e não pinga sobre a ata."),
    },
    "milk-pitcher": {
        "de": ("Milchkännchen", "Eine Tülle, die zeichnet", "Aus Stahl, mit einem Griff, den man auch anfassen kann, wenn es heiß ist."),
        "es": ("Jarrita de leche", "Un pico que dibuja", "De acero, con un asa que se puede sujetar aunque esté caliente."),
        "hu": ("Tejkiöntő", "Rajzoló csőr", "Acél, olyan füllel, amely forrón is megfogható."),
        "pt": ("Leiteira", "Um bico que desenha", "De aço, com uma pega que se pode segurar mesmo quente."),
    },
    "brew-scale": {
        "de": ("Kaffeewaage", "0,1 g, mit einer Uhr, die von selbst startet", "Spürt den ersten Tropfen und beginnt zu zählen. USB-C und ein Akku für einen Monat voller Morgen."),
        "es": ("Báscula de café", "0,1 g, con un temporizador que arranca solo", "Nota la primera gota y empieza a contar. USB-C y una batería que dura un mes de mañanas."),
        "hu": ("Kávémérleg", "0,1 g, magától induló időmérővel", "Megérzi az első cseppet, és számolni kezd. USB-C, és egy hónapnyi reggelre elég akkumulátor."),
        "pt": ("Balança de café", "0,1 g, com um cronómetro que arranca sozinho", "Sente a primeira gota e começa a contar. USB-C e uma bateria para um mês de manhãs."),
    },
    "tamper": {
        "de": ("Tamper, 58 mm", "Gerade, jedes Mal", "Ein Kragen hält ihn waagerecht, eine Feder hält ihn bei 15 kg."),
        "es": ("Prensador, 58 mm", "Recto, siempre", "Un collar lo mantiene nivelado y un muelle lo mantiene en 15 kg."),
        "hu": ("Tamper, 58 mm", "Mindig egyenes", "Gallér tartja vízszintesen, rugó tartja 15 kg-on."),
        "pt": ("Calcador, 58 mm", "Direito, sempre", "Uma gola mantém-no nivelado e uma mola mantém-no nos 15 kg."),
    },
    "knock-box": {
        "de": ("Ausklopfbox", "Wohin der Kaffeekuchen kommt", "Buche und Stahl, mit einer Stange, die Begeisterung verzeiht."),
        "es": ("Cajón de posos", "Adonde va la pastilla", "Haya y acero, con una barra que perdona el entusiasmo."),
        "hu": ("Zaccdoboz", "Ahová a kávépogácsa kerül", "Bükk és acél, olyan rúddal, amely megbocsátja a lelkesedést."),
        "pt": ("Caixa de borras", "Para onde vai a pastilha", "Faia e aço, com uma barra que perdoa o entusiasmo."),
    },
    "filter-papers": {
        "de": ("Filterpapier, 100 Stück", "Kegelförmig, ungebleicht", "Mit Sauerstoff gewaschenes Papier ohne Eigengeschmack. Passt zum Skog."),
        "es": ("Filtros de papel, 100", "Cónicos, sin blanquear", "Papel lavado con oxígeno, sin sabor propio. Encaja en el Skog."),
        "hu": ("Filterpapír, 100 db", "Kúpos, fehérítetlen", "Oxigénnel mosott papír, saját íz nélkül. Illik a Skoghoz."),
        "pt": ("Filtros de papel, 100", "Cónicos, não branqueados", "Papel lavado com oxigénio, sem sabor próprio. Serve no Skog."),
    },
    "descaler": {
        "de": ("Entkalker", "Zitronensäure, sechs Dosen", "Für alle unsere Maschinen und Kessel und die meisten anderen. Bei hartem Wasser alle zwei Monate anwenden."),
        "es": ("Descalcificador", "Ácido cítrico, seis dosis", "Para todas nuestras máquinas y hervidores y la mayoría de los demás. Úsalo cada dos meses si el agua es dura."),
        "hu": ("Vízkőoldó", "Citromsav, hat adag", "Minden gépünkhöz és vízforralónkhoz, és a legtöbb máshoz is. Kemény víznél kéthavonta használja."),
        "pt": ("Descalcificante", "Ácido cítrico, seis doses", "Para todas as nossas máquinas e chaleiras e a maioria das outras. Use-o de dois em dois meses onde a água é dura."),
    },
    "cleaning-tablets": {
        "de": ("Reinigungstabletten", "Sechzig Morgen mit sauberer Brühgruppe", "Lösen Kaffeeöle in Brühgruppe und Siebträger. Im Café eine am Tag, zu Hause eine in der Woche."),
        "es": ("Pastillas de limpieza", "Sesenta mañanas con el grupo limpio", "Disuelven los aceites del café en el grupo y el portafiltro. Una al día en una cafetería, una a la semana en casa."),
        "hu": ("Tisztítótabletta", "Hatvan reggel tiszta főzőfejjel", "Feloldja a kávéolajat a főzőfejben és a szűrőtartóban. Kávézóban naponta, otthon hetente egyet."),
        "pt": ("Pastilhas de limpeza", "Sessenta manhãs com o grupo limpo", "Dissolvem os óleos do café no grupo e no manípulo. Uma por dia num café, uma por semana em casa."),
    },
    "grinder-cleaner": {
        "de": ("Mühlenreiniger", "Perlen, die das Öl mitnehmen", "Statt der Bohnen durch die Mühle laufen lassen; zurück bleibt nur ein sauberes Mahlwerk."),
        "es": ("Limpiador de molinillos", "Perlas que se llevan el aceite", "Pásalas por el molinillo en lugar del café; no dejan más que unas muelas limpias."),
        "hu": ("Őrlőtisztító", "Gyöngyök, amelyek magukkal viszik az olajat", "Engedje át az őrlőn kávébab helyett; csak tiszta őrlőfejet hagynak maguk után."),
        "pt": ("Produto de limpeza para moinhos", "Pérolas que levam o óleo consigo", "Passe-as pelo moinho em vez do café; só deixam mós limpas."),
    },
    "brush-set": {
        "de": ("Bürstenset", "Drei Bürsten für drei Stellen", "Brühgruppe, Mahlwerk, Auslauf. Buche, und Borsten, die Hitze vertragen."),
        "es": ("Juego de cepillos", "Tres cepillos para tres sitios", "Grupo, muelas, salida. Haya y cerdas que aguantan el calor."),
        "hu": ("Kefekészlet", "Három kefe három helyre", "Főzőfej, őrlőfej, kifolyó. Bükkfa, és hőálló sörte."),
        "pt": ("Conjunto de escovas", "Três escovas para três sítios", "Grupo, mós, bico. Faia e cerdas que aguentam o calor."),
    },
    "gasket-set": {
        "de": ("Dichtungsset", "Dichtung und Sieb für Aurora und Pico", "Einmal im Jahr gewechselt, bleibt die Maschine wie neu. Mit dem Sechskantschlüssel und einer Zeichnung, wie es geht."),
        "es": ("Juego de juntas", "Junta y ducha para Aurora y Pico", "Cambiado una vez al año, la máquina sigue como nueva. Con la llave hexagonal y un dibujo de cómo se hace."),
        "hu": ("Tömítéskészlet", "Tömítés és szita az Aurorához és a Picóhoz", "Évente egyszer kicserélve a gép olyan marad, mint újkorában. Imbuszkulccsal és rajzzal, hogyan kell."),
        "pt": ("Conjunto de vedantes", "Vedante e chuveiro para Aurora e Pico", "Trocado uma vez por ano, a máquina mantém-se como nova. Com a chave sextavada e um desenho de como se faz."),
    },
    "water-filter": {
        "de": ("Wasserfilterkartusche", "Zwei Monate weiches Wasser", "Sitzt im Tank von Aurora und Kontor und hält den Kalk vom Kessel fern."),
        "es": ("Cartucho de filtro de agua", "Dos meses de agua blanda", "Va en el depósito de Aurora y Kontor y mantiene la cal fuera de la caldera."),
        "hu": ("Vízszűrő betét", "Két hónap lágy víz", "Az Aurora és a Kontor tartályában ül, és távol tartja a vízkövet a kazántól."),
        "pt": ("Cartucho de filtro de água", "Dois meses de água macia", "Fica no depósito da Aurora e da Kontor e mantém o calcário fora da caldeira."),
    },
    "kontor-20": {
        "de": ("Kontor 20", "Von der Bohne in die Tasse, für bis zu zwanzig Menschen", "Mahlt, dosiert und brüht von selbst und sagt in klaren Worten, wenn sie Wasser, Bohnen oder eine Reinigung braucht."),
        "es": ("Kontor 20", "Del grano a la taza para hasta veinte personas", "Muele, dosifica y prepara sola, y te dice con palabras claras cuándo quiere agua, café o una limpieza."),
        "hu": ("Kontor 20", "Babtól a csészéig, húsz főig", "Magától őröl, adagol és főz, és érthetően szól, ha vizet, kávét vagy tisztítást kér."),
        "pt": ("Kontor 20", "Do grão à chávena para até vinte pessoas", "Mói, doseia e tira o café sozinha, e diz em palavras claras quando quer água, café ou limpeza."),
    },
    "kontor-40": {
        "de": ("Kontor 40", "Von der Bohne in die Tasse, für bis zu vierzig Menschen", "Mit dem Wartungsvertrag kommt zweimal im Jahr ein Techniker, und innerhalb von zwei Tagen, wenn etwas nicht stimmt."),
        "es": ("Kontor 40", "Del grano a la taza para hasta cuarenta personas", "Con el contrato de servicio viene un técnico dos veces al año, y en dos días si algo falla."),
        "hu": ("Kontor 40", "Babtól a csészéig, negyven főig", "Szervizszerződéssel évente kétszer jön szerelő, és két napon belül, ha baj van."),
        "pt": ("Kontor 40", "Do grão à chávena para até quarenta pessoas", "Com o contrato de assistência, um técnico vem duas vezes por ano, e em dois dias quando algo está mal."),
    },
    "kontor-80": {
        "de": ("Kontor 80 mit Milch", "Achtzig Menschen, frische Milch, keine Schlange", "Zwei Mühlen, daneben ein Milchkühlschrank, und ein Reinigungsprogramm, das läuft, während Sie abschließen."),
        "es": ("Kontor 80 con leche", "Ochenta personas, leche fresca, sin cola", "Dos molinillos, una nevera de leche al lado y un programa de limpieza que funciona mientras cierras."),
        "hu": ("Kontor 80 tejjel", "Nyolcvan ember, friss tej, sorban állás nélkül", "Két őrlő, mellette tejhűtő, és olyan tisztítóprogram, amely zárás közben is lefut."),
        "pt": ("Kontor 80 com leite", "Oitenta pessoas, leite fresco, sem fila", "Dois moinhos, um frigorífico de leite ao lado e um programa de limpeza que corre enquanto fecha a porta."),
    },
    "stor-batch-brewer": {
        "de": ("Große Filtermaschine Stor", "Zwei Kannen Filterkaffee für die ganze Etage", "Fünf Liter in acht Minuten, für die Sitzung, die niemand wollte."),
        "es": ("Cafetera de filtro grande Stor", "Dos jarras de filtro para toda la planta", "Cinco litros en ocho minutos, para la reunión que nadie quería."),
        "hu": ("Stor nagy filteres kávéfőző", "Két kanna filterkávé az egész emeletnek", "Öt liter nyolc perc alatt, ahhoz az értekezlethez, amelyet senki sem akart."),
        "pt": ("Cafeteira de filtro grande Stor", "Dois jarros de filtro para o piso inteiro", "Cinco litros em oito minutos, para a reunião que ninguém queria."),
    },
    "kilde-water-tower": {
        "de": ("Wasserspender Kilde", "Gefiltert, still oder sprudelnd", "Aus der Leitung, durch unseren Filter, mit acht Grad. Spart eine Palette Flaschen im Monat."),
        "es": ("Torre de agua Kilde", "Filtrada, con o sin gas", "Del grifo, por nuestro filtro, a ocho grados. Ahorra un palé de botellas al mes."),
        "hu": ("Kilde vízadagoló", "Szűrt, szénsavas vagy mentes", "A csapból, a szűrőnkön át, nyolcfokosan. Havonta egy raklap palackot takarít meg."),
        "pt": ("Torre de água Kilde", "Filtrada, com ou sem gás", "Da torneira, pelo nosso filtro, a oito graus. Poupa uma palete de garrafas por mês."),
    },
    "winter-blend": {
        "de": ("Wintermischung", "Kakao, Dörrpflaume, ein wenig Rauch", "Von November bis Februar dunkler geröstet, für Milch und für lange Abende. Ist sie aus, dann bis zum nächsten Jahr."),
        "es": ("Mezcla de invierno", "Cacao, ciruela pasa, un poco de humo", "De noviembre a febrero, de tueste más oscuro, para la leche y las noches largas. Cuando se acaba, hasta el año que viene."),
        "hu": ("Téli keverék", "Kakaó, aszalt szilva, egy kis füst", "Novembertől februárig sötétebbre pörköljük, tejhez és hosszú estékhez. Ha elfogyott, csak jövőre lesz."),
        "pt": ("Lote de inverno", "Cacau, ameixa seca, um pouco de fumo", "De novembro a fevereiro, torra mais escura, para o leite e as noites longas. Quando acaba, só para o ano."),
    },
    "brasil-cerrado": {
        "de": ("Brasilien Cerrado", "Rund, nussig, leicht zu mögen", "Von einem Familienbetrieb auf der Hochebene. Wenig Säure, viel Körper: der Kaffee, mit dem man jemanden bekehrt."),
        "es": ("Brasil Cerrado", "Redondo, a fruto seco, fácil de querer", "De una finca familiar del altiplano. Poca acidez y mucho cuerpo: el café para convencer a alguien."),
        "hu": ("Brazil Cerrado", "Kerek, mogyorós, könnyű szeretni", "Egy fennsíki családi farmról. Kevés sav, sok test: ezzel lehet valakit megnyerni."),
        "pt": ("Brasil Cerrado", "Redondo, a frutos secos, fácil de gostar", "De uma quinta familiar no planalto. Pouca acidez e muito corpo: o café para converter alguém."),
    },
    "costa-rica-tarrazu": {
        "de": ("Costa Rica Tarrazú", "Honig und eine Orange in der Sonne", "Im Honig der eigenen Frucht getrocknet, der in der Tasse bleibt. Am besten als Filter, gut als heller Espresso."),
        "es": ("Costa Rica Tarrazú", "Miel y una naranja al sol", "Secado en la miel de su propio fruto, que se queda en la taza. Mejor en filtro, bueno como espresso vivo."),
        "hu": ("Costa Rica Tarrazú", "Méz és egy napsütötte narancs", "Saját gyümölcsének mézében szárítva, ami a csészében is megmarad. Filternek a legjobb, világos eszpresszónak is jó."),
        "pt": ("Costa Rica Tarrazú", "Mel e uma laranja ao sol", "Seco no mel do próprio fruto, que fica na chávena. Melhor em filtro, bom como expresso vivo."),
    },
    "tur-hand-grinder": {
        "de": ("Handmühle Tur", "Halb so lang, passt in die Presse", "Der kleine Bruder der Fjell, für den Rucksack: 18 g auf einmal, die Kurbel klappt ein."),
        "es": ("Molinillo manual Tur", "La mitad de largo, cabe en la prensa", "El hermano pequeño del Fjell, para la mochila: 18 g cada vez y la manivela se pliega."),
        "hu": ("Tur kézi őrlő", "Feleakkora, belefér a kannába", "A Fjell kistestvére hátizsákba: egyszerre 18 g, a kar behajtható."),
        "pt": ("Moinho manual Tur", "Metade do comprimento, cabe na prensa", "O irmão pequeno do Fjell, para a mochila: 18 g de cada vez, e a manivela dobra."),
    },
    "stempel-small": {
        "de": ("Presskanne Stempel, klein", "Eine große Tasse oder zwei kleine", "Dieselben zwei Siebe und doppelten Wände wie die Stempel, für eine Person."),
        "es": ("Prensa francesa Stempel, pequeña", "Una taza grande o dos pequeñas", "Los mismos dos tamices y la doble pared de la Stempel, para uno."),
        "hu": ("Stempel dugattyús kanna, kicsi", "Egy nagy vagy két kis csésze", "Ugyanaz a két szita és dupla fal, mint a Stempelé, egy személynek."),
        "pt": ("Prensa francesa Stempel, pequena", "Uma chávena grande ou duas pequenas", "Os mesmos dois coadores e parede dupla da Stempel, para um."),
    },
    "kjele-small-moka-pot": {
        "de": ("Mokakanne Kjele, klein", "Drei kleine starke Tassen", "Für die kleine Flamme links. Derselbe Stahl, dieselbe Dichtung wie die große."),
        "es": ("Cafetera moka Kjele, pequeña", "Tres tazas pequeñas y fuertes", "Para el fuego pequeño de la izquierda. El mismo acero y la misma junta que la grande."),
        "hu": ("Kjele kotyogó, kicsi", "Három kis erős csésze", "A bal oldali kis lángra. Ugyanaz az acél és tömítés, mint a nagyé."),
        "pt": ("Cafeteira moka Kjele, pequena", "Três chávenas pequenas e fortes", "Para o bico pequeno da esquerda. O mesmo aço e o mesmo vedante da grande."),
    },
    "liten-kettle": {
        "de": ("Wasserkocher Liten", "Acht Zehntel Liter, in zwei Minuten heiß", "Für eine Kanne Tee oder zwei Tassen von Hand. Passt dorthin, wo der Hytte nicht hinpasst."),
        "es": ("Hervidor Liten", "Ocho décimas de litro, hierve en dos minutos", "Para una tetera o dos tazas a mano. Cabe donde el Hytte no cabe."),
        "hu": ("Liten vízforraló", "Nyolc deci, két perc alatt forr", "Egy kanna teához vagy két csésze filterhez. Elfér ott, ahol a Hytte nem."),
        "pt": ("Chaleira Liten", "Oito décimas de litro, ferve em dois minutos", "Para um bule de chá ou duas chávenas à mão. Cabe onde a Hytte não cabe."),
    },
    "lungo-cup": {
        "de": ("Lungotasse mit Untertasse", "12 cl, zwischen den beiden", "Für den langen Espresso und den kurzen Filter. Schieferglasur, dicker Fuß."),
        "es": ("Taza de lungo con platillo", "12 cl, entre las dos", "Para el espresso largo y el filtro corto. Esmalte pizarra, base gruesa."),
        "hu": ("Lungo csésze aljjal", "12 cl, a kettő között", "Hosszú eszpresszóhoz és rövid filterhez. Palaszürke máz, vastag talp."),
        "pt": ("Chávena de lungo com pires", "12 cl, entre as duas", "Para o expresso longo e o filtro curto. Vidrado ardósia, pé grosso."),
    },
    "bakke-mugs": {
        "de": ("Becher Bakke, zwei Stück", "Unten breit, schwer umzuwerfen", "Für Schreibtische, auf denen Papier liegt. Je ein Viertelliter."),
        "es": ("Tazas Bakke, par", "Anchas abajo, difíciles de volcar", "Para mesas con papeles. Un cuarto de litro cada una."),
        "hu": ("Bakke bögre, pár", "Alul széles, nehéz felborítani", "Papírokkal teli asztalra. Egyenként negyed liter."),
        "pt": ("Canecas Bakke, par", "Largas em baixo, difíceis de virar", "Para secretárias com papéis. Um quarto de litro cada."),
    },
    "milk-cleaner": {
        "de": ("Milchsystemreiniger", "Löst, was Wasser nicht löst", "Am Tag eine Kappe voll durch den Milchschlauch, und es riecht nach nichts."),
        "es": ("Limpiador del sistema de leche", "Disuelve lo que el agua no", "Un tapón al día por el tubo de la leche, y no huele a nada."),
        "hu": ("Tejrendszer-tisztító", "Feloldja, amit a víz nem", "Naponta egy kupaknyi a tejcsövön át, és nincs szaga."),
        "pt": ("Limpador do sistema de leite", "Dissolve o que a água não dissolve", "Uma tampa por dia pelo tubo do leite, e não cheira a nada."),
    },
    "bean-tin": {
        "de": ("Bohnendose", "Ein halbes Kilo, dunkel und ohne Luft", "Der innere Deckel wird auf die Bohnen gedrückt und schiebt die Luft hinaus."),
        "es": ("Lata para café", "Medio kilo, a oscuras y sin aire", "La tapa interior se aprieta sobre el café y saca el aire."),
        "hu": ("Kávés doboz", "Fél kiló, sötétben, levegő nélkül", "A belső fedél a szemekre nyomódik, és kiszorítja a levegőt."),
        "pt": ("Lata para café", "Meio quilo, no escuro e sem ar", "A tampa interior é premida sobre o café e expulsa o ar."),
    },
}
TERMS: dict[str, tuple[str, str, str, str]] = {
    "Battery": ("Akku", "Batería", "Akkumulátor", "Bateria"),
    "Boiler": ("Kessel", "Caldera", "Kazán", "Caldeira"),
    "Boilers": ("Kessel", "Calderas", "Kazánok", "Caldeiras"),
    "Burrs": ("Mahlwerk", "Muelas", "Őrlőfej", "Mós"),
    "Care": ("Pflege", "Cuidado", "Ápolás", "Cuidados"),
    "Contains": ("Inhalt", "Contiene", "Tartalom", "Contém"),
    "Cools": ("Kühlt", "Enfría", "Hűtés", "Arrefece"),
    "Cups a day": ("Tassen am Tag", "Tazas al día", "Csésze naponta", "Chávenas por dia"),
    "Diameter": ("Durchmesser", "Diámetro", "Átmérő", "Diâmetro"),
    "Filter": ("Filter", "Filtro", "Szűrő", "Filtro"),
    "Filters": ("Filter", "Filtros", "Filterpapír", "Filtros"),
    "Fits": ("Passt zu", "Encaja en", "Illeszkedik", "Serve em"),
    "For": ("Für", "Para", "Ehhez", "Para"),
    "Grind": ("Mahlung", "Molienda", "Őrlés", "Moagem"),
    "Grinder": ("Mühle", "Molinillo", "Őrlő", "Moinho"),
    "Groups": ("Brühgruppen", "Grupos", "Főzőfejek", "Grupos"),
    "Holds": ("Fasst", "Capacidad", "Űrtartalom", "Capacidade"),
    "Keeps hot": ("Hält heiß", "Mantiene el calor", "Melegen tart", "Mantém quente"),
    "Lasts": ("Reicht für", "Dura", "Elegendő", "Dura"),
    "Left behind": ("Rückstand", "Retención", "Visszamarad", "Retenção"),
    "Makes": ("Ergibt", "Prepara", "Készít", "Prepara"),
    "Material": ("Material", "Material", "Anyag", "Material"),
    "Milk": ("Milch", "Leche", "Tej", "Leite"),
    "Noise": ("Lautstärke", "Ruido", "Zajszint", "Ruído"),
    "Origin": ("Herkunft", "Origen", "Származás", "Origem"),
    "Power": ("Leistung", "Potencia", "Teljesítmény", "Potência"),
    "Precision": ("Genauigkeit", "Precisión", "Pontosság", "Precisão"),
    "Pressure": ("Druck", "Presión", "Nyomás", "Pressão"),
    "Pump": ("Pumpe", "Bomba", "Pumpa", "Bomba"),
    "Roast": ("Röstung", "Tueste", "Pörkölés", "Torra"),
    "Settings": ("Einstellungen", "Ajustes", "Beállítások", "Ajustes"),
    "Size": ("Größe", "Tamaño", "Méret", "Tamanho"),
    "Speed": ("Drehzahl", "Velocidad", "Fordulatszám", "Velocidade"),
    "Stoves": ("Herde", "Cocinas", "Tűzhely", "Fogões"),
    "Taste": ("Geschmack", "Sabor", "Íz", "Sabor"),
    "Temperature": ("Temperatur", "Temperatura", "Hőmérséklet", "Temperatura"),
    "Warranty": ("Garantie", "Garantía", "Garancia", "Garantia"),
    "Water": ("Wasser", "Agua", "Víz", "Água"),
    "Weight": ("Gewicht", "Peso", "Súly", "Peso"),
}
# Values that are words; those that are numbers and units are written by `number`.
VALUES: dict[str, tuple[str, str, str, str]] = {
    "0.1 g to 2 kg": ("0,1 g bis 2 kg", "0,1 g a 2 kg", "0,1 g–2 kg", "0,1 g a 2 kg"),
    "0.3 l, 6 cups": ("0,3 l, 6 Tassen", "0,3 l, 6 tazas", "0,3 l, 6 csésze", "0,3 l, 6 chávenas"),
    "0.4 l, brass": ("0,4 l, Messing", "0,4 l, latón", "0,4 l, sárgaréz", "0,4 l, latão"),
    "0.8 l, copper": ("0,8 l, Kupfer", "0,8 l, cobre", "0,8 l, réz", "0,8 l, cobre"),
    "1,100 rpm": ("1.100 U/min", "1.100 rpm", "1100 ford./perc", "1.100 rpm"),
    "2 years, service contract available": ("2 Jahre, Wartungsvertrag erhältlich", "2 años, contrato de servicio disponible", "2 év, szervizszerződés köthető", "2 anos, contrato de assistência disponível"),
    "2, volumetric": ("2, volumetrisch", "2, volumétricos", "2, volumetrikus", "2, volumétricos"),
    "20 l an hour": ("20 l in der Stunde", "20 l por hora", "20 l óránként", "20 l por hora"),
    "3 brushes": ("3 Bürsten", "3 cepillos", "3 kefe", "3 escovas"),
    "3 years": ("3 Jahre", "3 años", "3 év", "3 anos"),
    "3 years, parts for 15": ("3 Jahre, Ersatzteile 15 Jahre", "3 años, piezas durante 15", "3 év, alkatrész 15 évig", "3 anos, peças durante 15"),
    "30 hours, USB-C": ("30 Stunden, USB-C", "30 horas, USB-C", "30 óra, USB-C", "30 horas, USB-C"),
    "330 ml each": ("je 330 ml", "330 ml cada una", "egyenként 330 ml", "330 ml cada"),
    "38 mm conical, hardened steel": ("38 mm konisch, gehärteter Stahl", "38 mm, cónicas, acero templado", "38 mm, kúpos, edzett acél", "38 mm, cónicas, aço temperado"),
    "4 hours": ("4 Stunden", "4 horas", "4 óra", "4 horas"),
    "8 hours": ("8 Stunden", "8 horas", "8 óra", "8 horas"),
    "40 to 100 °C, held for 60 minutes": ("40 bis 100 °C, 60 Minuten gehalten", "40 a 100 °C, mantenida 60 minutos", "40–100 °C, 60 percig tartva", "40 a 100 °C, mantida 60 minutos"),
    "60 clicks": ("60 Rasten", "60 clics", "60 kattanás", "60 cliques"),
    "64 mm flat, coated steel": ("64 mm flach, beschichteter Stahl", "64 mm, planas, acero recubierto", "64 mm, lapos, bevonatos acél", "64 mm, planas, aço revestido"),
    "92 to 96 °C": ("92 bis 96 °C", "92 a 96 °C", "92–96 °C", "92 a 96 °C"),
    "98 mm flat": ("98 mm flach", "98 mm, planas", "98 mm, lapos", "98 mm, planas"),
    "All": ("Alle", "Todas", "Minden", "Todos"),
    "All, induction too": ("Alle, auch Induktion", "Todas, también inducción", "Minden, indukciós is", "Todos, indução também"),
    "Blackcurrant, tomato leaf, brown sugar": ("Schwarze Johannisbeere, Tomatenblatt, brauner Zucker", "Grosella negra, hoja de tomate, azúcar moreno", "Feketeribizli, paradicsomlevél, barna cukor", "Groselha-preta, folha de tomate, açúcar mascavado"),
    "Borosilicate glass": ("Borosilikatglas", "Vidrio de borosilicato", "Boroszilikát üveg", "Vidro borossilicato"),
    "Borosilicate glass, beech": ("Borosilikatglas, Buche", "Vidrio de borosilicato, haya", "Boroszilikát üveg, bükk", "Vidro borossilicato, faia"),
    "Brazil Cerrado, Guatemala Antigua": ("Brasilien Cerrado, Guatemala Antigua", "Brasil Cerrado, Guatemala Antigua", "Brazília Cerrado, Guatemala Antigua", "Brasil Cerrado, Guatemala Antigua"),
    "Brew 0.5 l, steam 1.2 l, stainless steel": ("Brühen 0,5 l, Dampf 1,2 l, Edelstahl", "Café 0,5 l, vapor 1,2 l, acero inoxidable", "Főzés 0,5 l, gőz 1,2 l, rozsdamentes acél", "Café 0,5 l, vapor 1,2 l, aço inoxidável"),
    "Cedar, dark sugar": ("Zeder, dunkler Zucker", "Cedro, azúcar oscuro", "Cédrus, sötét cukor", "Cedro, açúcar escuro"),
    "Ceramic, 64 mm": ("Keramik, 64 mm", "Cerámica, 64 mm", "Kerámia, 64 mm", "Cerâmica, 64 mm"),
    "Changed every six months": ("Wechsel alle sechs Monate", "Se cambia cada seis meses", "Félévente cserélendő", "Troca de seis em seis meses"),
    "Chocolate, hazelnut, caramel": ("Schokolade, Haselnuss, Karamell", "Chocolate, avellana, caramelo", "Csokoládé, mogyoró, karamell", "Chocolate, avelã, caramelo"),
    "Cocoa, orange peel": ("Kakao, Orangenschale", "Cacao, piel de naranja", "Kakaó, narancshéj", "Cacau, casca de laranja"),
    "Colombia, Huila": ("Kolumbien, Huila", "Colombia, Huila", "Kolumbia, Huila", "Colômbia, Huila"),
    "Dark chocolate, clove": ("Dunkle Schokolade, Nelke", "Chocolate negro, clavo", "Étcsokoládé, szegfűszeg", "Chocolate negro, cravinho"),
    "Dark, for espresso": ("Dunkel, für Espresso", "Oscuro, para espresso", "Sötét, eszpresszóhoz", "Escura, para expresso"),
    "Dishwasher": ("Spülmaschine", "Lavavajillas", "Mosogatógép", "Máquina de lavar loiça"),
    "Espresso machines": ("Espressomaschinen", "Máquinas de espresso", "Eszpresszógépek", "Máquinas de café expresso"),
    "Ethiopia, Yirgacheffe": ("Äthiopien, Yirgacheffe", "Etiopía, Yirgacheffe", "Etiópia, Yirgacheffe", "Etiópia, Yirgacheffe"),
    "Fridge 4 l": ("Kühlschrank 4 l", "Nevera 4 l", "Hűtő 4 l", "Frigorífico 4 l"),
    "Glass, fine steel sieve": ("Glas, feines Stahlsieb", "Vidrio, tamiz fino de acero", "Üveg, finom acélszita", "Vidro, coador fino de aço"),
    "Glazed stoneware": ("Glasiertes Steingut", "Gres esmaltado", "Mázas kőagyag", "Grés vidrado"),
    "Grinders, bean-to-cup machines": ("Mühlen, Vollautomaten", "Molinillos, superautomáticas", "Őrlők, automata gépek", "Moinhos, máquinas automáticas"),
    "India Malabar, Sumatra": ("Indien Malabar, Sumatra", "India Malabar, Sumatra", "India Malabár, Szumátra", "Índia Malabar, Sumatra"),
    "Indonesia, Gayo highlands": ("Indonesien, Gayo-Hochland", "Indonesia, tierras altas de Gayo", "Indonézia, Gayo-fennsík", "Indonésia, terras altas de Gayo"),
    "Jasmine, lemon, apricot": ("Jasmin, Zitrone, Aprikose", "Jazmín, limón, albaricoque", "Jázmin, citrom, sárgabarack", "Jasmim, limão, alperce"),
    "Kenya, Nyeri": ("Kenia, Nyeri", "Kenia, Nyeri", "Kenya, Nyeri", "Quénia, Nyeri"),
    "Light, for filter": ("Hell, für Filterkaffee", "Claro, para filtro", "Világos, filterhez", "Clara, para filtro"),
    "Machines, kettles, brewers": ("Maschinen, Kessel, Filtergeräte", "Máquinas, hervidores, cafeteras", "Gépek, vízforralók, kávéfőzők", "Máquinas, chaleiras, cafeteiras"),
    "Medium": ("Mittel", "Medio", "Közepes", "Média"),
    "Medium dark": ("Mitteldunkel", "Medio oscuro", "Középsötét", "Média-escura"),
    "Medium light": ("Mittelhell", "Medio claro", "Középvilágos", "Média-clara"),
    "Medium, for espresso": ("Mittel, für Espresso", "Medio, para espresso", "Közepes, eszpresszóhoz", "Média, para expresso"),
    "Medium, for everything": ("Mittel, für alles", "Medio, para todo", "Közepes, mindenhez", "Média, para tudo"),
    "Panela, milk chocolate": ("Panela, Milchschokolade", "Panela, chocolate con leche", "Panela, tejcsokoládé", "Panela, chocolate de leite"),
    "Panela, red apple": ("Panela, roter Apfel", "Panela, manzana roja", "Panela, piros alma", "Panela, maçã vermelha"),
    "Plumbed in": ("Festanschluss", "Conexión a la red", "Vízhálózatra kötve", "Ligada à rede"),
    "Porcelain": ("Porzellan", "Porcelana", "Porcelán", "Porcelana"),
    "Rotary, 9 bar": ("Rotation, 9 bar", "Rotativa, 9 bares", "Rotációs, 9 bar", "Rotativa, 9 bar"),
    "Seal 8.5 mm, shower screen, key": ("Dichtung 8,5 mm, Duschsieb, Schlüssel", "Junta de 8,5 mm, ducha, llave", "8,5 mm-es tömítés, szita, kulcs", "Vedante de 8,5 mm, chuveiro, chave"),
    "Size 02 or 1×4": ("Größe 02 oder 1×4", "Tamaño 02 o 1×4", "02 vagy 1×4 méret", "Tamanho 02 ou 1×4"),
    "Spring, 9 falling to 6 bar": ("Feder, von 9 auf 6 bar fallend", "Muelle, de 9 a 6 bares", "Rugós, 9-ről 6 barra csökken", "Mola, de 9 a 6 bar"),
    "Stainless steel": ("Edelstahl", "Acero inoxidable", "Rozsdamentes acél", "Aço inoxidável"),
    "Steel, 50 mm": ("Stahl, 50 mm", "Acero, 50 mm", "Acél, 50 mm", "Aço, 50 mm"),
    "Steel, beech": ("Stahl, Buche", "Acero, haya", "Acél, bükk", "Aço, faia"),
    "Stoneware": ("Steingut", "Gres", "Kőagyag", "Grés"),
    "Tank 2.5 l or plumbed in": ("Tank 2,5 l oder Festanschluss", "Depósito de 2,5 l o conexión a la red", "2,5 l-es tartály vagy vízhálózat", "Depósito de 2,5 l ou ligada à rede"),
    "Tank 3 l": ("Tank 3 l", "Depósito de 3 l", "3 l-es tartály", "Depósito de 3 l"),
    "Tank 4 l or plumbed in": ("Tank 4 l oder Festanschluss", "Depósito de 4 l o conexión a la red", "4 l-es tartály vagy vízhálózat", "Depósito de 4 l ou ligada à rede"),
    "Toffee, almond": ("Toffee, Mandel", "Toffee, almendra", "Tejkaramell, mandula", "Toffee, amêndoa"),
    "Up to 60": ("Bis zu 60", "Hasta 60", "Legfeljebb 60", "Até 60"),
    "Up to 120": ("Bis zu 120", "Hasta 120", "Legfeljebb 120", "Até 120"),
    "Up to 250": ("Bis zu 250", "Hasta 250", "Legfeljebb 250", "Até 250"),
    "Vibration, 15 bar, set to 9": ("Vibration, 15 bar, eingestellt auf 9", "Vibración, 15 bares, ajustada a 9", "Vibrációs, 15 bar, 9-re állítva", "Vibração, 15 bar, regulada para 9"),
    "0.15 l, 3 cups": ("0,15 l, 3 Tassen", "0,15 l, 3 tazas", "0,15 l, 3 csésze", "0,15 l, 3 chávenas"),
    "250 ml each": ("je 250 ml", "250 ml cada una", "egyenként 250 ml", "250 ml cada"),
    "Bean-to-cup machines with milk": ("Vollautomaten mit Milch", "Superautomáticas con leche", "Tejes automata gépek", "Máquinas automáticas com leite"),
    "Brazil Cerrado, Sumatra": ("Brasilien Cerrado, Sumatra", "Brasil Cerrado, Sumatra", "Brazília Cerrado, Szumátra", "Brasil Cerrado, Sumatra"),
    "Brazil, Cerrado": ("Brasilien, Cerrado", "Brasil, Cerrado", "Brazília, Cerrado", "Brasil, Cerrado"),
    "Cocoa, dried plum, smoke": ("Kakao, Dörrpflaume, Rauch", "Cacao, ciruela pasa, humo", "Kakaó, aszalt szilva, füst", "Cacau, ameixa seca, fumo"),
    "Costa Rica, Tarrazú": ("Costa Rica, Tarrazú", "Costa Rica, Tarrazú", "Costa Rica, Tarrazú", "Costa Rica, Tarrazú"),
    "Hazelnut, cocoa": ("Haselnuss, Kakao", "Avellana, cacao", "Mogyoró, kakaó", "Avelã, cacau"),
    "Honey, orange": ("Honig, Orange", "Miel, naranja", "Méz, narancs", "Mel, laranja"),
    "Whole beans": ("Ganze Bohnen", "En grano", "Szemes", "Em grão"),
}
