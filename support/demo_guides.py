# ruff: noqa: E501 - prose, read line by line
"""More of the demo's help centre: short guides, each with its four translations beside it."""

from typing import Any

Text = tuple[str, str, str]
LOCALES = ("de", "es", "hu", "pt")


def _guide(category: str, slug: str, english: Text, *translated: Text) -> dict[str, Any]:
    title, summary, body = english
    return {
        "category": category,
        "slug": slug,
        "title": title,
        "summary": summary,
        "body": body,
        "translations": {
            locale: dict(zip(("title", "summary", "body"), text, strict=True))
            for locale, text in zip(LOCALES, translated, strict=True)
        },
    }


# fmt: off
GUIDES: list[dict[str, Any]] = [
    _guide(
        "machines", "first-cup",
        ("Your first cup with a new machine", "Rinse, heat, grind, brew: ten minutes from the box to the cup.", "Fill the tank, switch the machine on and let two full cups of water run through without coffee. Then weigh **18 g** of coffee, grind it fine, tamp it level and brew. **36 g in 28 seconds** is where to begin.\n\nThe first three cups season the basket: drink from the fourth on."),
        ("Die erste Tasse mit der neuen Maschine", "Spülen, heizen, mahlen, brühen: zehn Minuten vom Karton bis zur Tasse.", "Füllen Sie den Tank, schalten Sie ein und lassen Sie zwei volle Tassen Wasser ohne Kaffee durchlaufen. Dann **18 g** Kaffee fein mahlen, gerade andrücken und brühen. **36 g in 28 Sekunden** ist ein guter Anfang.\n\nDie ersten drei Bezüge spielen das Sieb ein: getrunken wird ab dem vierten."),
        ("Tu primera taza con una máquina nueva", "Enjuagar, calentar, moler, preparar: diez minutos de la caja a la taza.", "Llena el depósito, enciende y deja pasar dos tazas de agua sin café. Después muele fino **18 g**, prensa recto y prepara. **36 g en 28 segundos** es un buen comienzo.\n\nLas tres primeras tazas son para el filtro: bebe a partir de la cuarta."),
        ("Az első csésze az új géppel", "Öblítés, melegítés, őrlés, főzés: tíz perc a doboztól a csészéig.", "Töltse fel a tartályt, kapcsolja be, és engedjen át két csésze vizet kávé nélkül. Ezután **18 g** kávét őröljön finomra, tömörítse egyenesre, és főzze le. **36 g 28 másodperc alatt** jó kezdet.\n\nAz első három adag a szűrőé: a negyediktől igyon."),
        ("A primeira chávena com uma máquina nova", "Passar por água, aquecer, moer, tirar: dez minutos da caixa à chávena.", "Encha o depósito, ligue e deixe passar duas chávenas de água sem café. Depois moa fino **18 g**, calque a direito e tire o café. **36 g em 28 segundos** é um bom começo.\n\nAs três primeiras são para o filtro: beba a partir da quarta."),
    ),
    _guide(
        "machines", "clean-the-group",
        ("Clean the brew group", "Two minutes a week keep the oils out of your cup.", "Put the blind basket in, add one cleaning tablet and run the pump five times for ten seconds. Rinse the same way without a tablet. Once a month unscrew the shower screen and brush it."),
        ("Die Brühgruppe reinigen", "Zwei Minuten in der Woche halten die Öle aus der Tasse.", "Blindsieb einsetzen, eine Reinigungstablette dazu und die Pumpe fünfmal zehn Sekunden laufen lassen. Ebenso ohne Tablette nachspülen. Einmal im Monat das Duschsieb abschrauben und bürsten."),
        ("Limpiar el grupo", "Dos minutos por semana mantienen los aceites fuera de la taza.", "Coloca el filtro ciego con una pastilla y acciona la bomba cinco veces diez segundos. Aclara igual sin pastilla. Una vez al mes desatornilla la ducha y cepíllala."),
        ("A főzőfej tisztítása", "Heti két perc, és az olajok nem kerülnek a csészébe.", "Tegye be a vakszűrőt egy tisztítótablettával, és járassa a szivattyút ötször tíz másodpercig. Öblítsen ugyanígy tabletta nélkül. Havonta egyszer csavarja le és kefélje át a zuhanyszitát."),
        ("Limpar o grupo", "Dois minutos por semana mantêm os óleos fora da chávena.", "Coloque o filtro cego com uma pastilha e acione a bomba cinco vezes dez segundos. Enxague da mesma forma sem pastilha. Uma vez por mês desaparafuse o chuveiro e escove-o."),
    ),
    _guide(
        "machines", "sour-or-bitter",
        ("The coffee tastes sour or bitter", "Which way to turn, one thing at a time.", "**Sour** means too little was taken out: grind finer, brew longer or hotter. **Bitter** means too much: grind coarser, brew shorter or cooler. Change one thing, taste, then the next."),
        ("Der Kaffee schmeckt sauer oder bitter", "In welche Richtung Sie drehen, immer eines nach dem anderen.", "**Sauer** heißt zu wenig gelöst: feiner mahlen, länger oder heißer brühen. **Bitter** heißt zu viel: gröber mahlen, kürzer oder kühler brühen. Eines ändern, kosten, dann das Nächste."),
        ("El café sabe ácido o amargo", "Hacia dónde girar, una cosa cada vez.", "**Ácido** es poca extracción: muele más fino, prepara más tiempo o más caliente. **Amargo** es demasiada: más grueso, menos tiempo o menos calor. Cambia una cosa, prueba y sigue."),
        ("Savanyú vagy keserű a kávé", "Merre állítson, egyszerre csak egyet.", "A **savanyú** kevés kioldódást jelent: őröljön finomabbra, főzze tovább vagy forróbban. A **keserű** túl sokat: durvábbra, rövidebben vagy hűvösebben. Egyet változtasson, kóstolja meg, aztán a következőt."),
        ("O café sabe a ácido ou amargo", "Para que lado rodar, uma coisa de cada vez.", "**Ácido** é pouca extração: moa mais fino, tire mais tempo ou mais quente. **Amargo** é demasiada: mais grosso, menos tempo ou menos calor. Mude uma coisa, prove e siga."),
    ),
    _guide(
        "machines", "water-hardness",
        ("How hard is your water?", "What a number from the waterworks means for your machine.", "Up to 8 °dH you descale twice a year, up to 14 every three months, above that every two. A [filter cartridge](/search?q=filter) halves the work. The strip in the box of every machine tells you the number in ten seconds."),
        ("Wie hart ist Ihr Wasser?", "Was die Zahl vom Wasserwerk für die Maschine heißt.", "Bis 8 °dH entkalken Sie zweimal im Jahr, bis 14 alle drei Monate, darüber alle zwei. Eine [Filterkartusche](/search?q=filter) halbiert die Arbeit. Der Streifen im Karton zeigt die Zahl in zehn Sekunden."),
        ("¿Qué dureza tiene tu agua?", "Lo que significa el número de la compañía para tu máquina.", "Hasta 8 °dH descalcifica dos veces al año, hasta 14 cada tres meses, por encima cada dos. Un [cartucho de filtro](/search?q=filtro) reduce el trabajo a la mitad. La tira de la caja lo dice en diez segundos."),
        ("Milyen kemény a vize?", "Mit jelent a vízmű adata a gépnek.", "8 °dH-ig évente kétszer vízkőtelenítsen, 14-ig háromhavonta, fölötte kéthavonta. A [szűrőbetét](/search?q=sz%C5%B1r%C5%91) megfelezi a munkát. A dobozban lévő csík tíz másodperc alatt megmutatja."),
        ("Qual é a dureza da sua água?", "O que o número da companhia significa para a máquina.", "Até 8 °dH descalcifique duas vezes por ano, até 14 de três em três meses, acima disso de dois em dois. Um [cartucho de filtro](/search?q=filtro) reduz o trabalho a metade. A fita da caixa mostra o número em dez segundos."),
    ),
    _guide(
        "machines", "grinder-blocked",
        ("The grinder runs, but nothing comes out", "An oily bean is nearly always the reason.", "Switch off and pull the plug. Turn the ring to the coarsest setting, empty the hopper, and shake the grinder upside down. Then three short turns without beans. If it is still stuck, [write to us](/account/tickets/new)."),
        ("Die Mühle läuft, aber es kommt nichts heraus", "Fast immer ist eine ölige Bohne der Grund.", "Ausschalten und Stecker ziehen. Den Ring auf die gröbste Stufe drehen, den Behälter leeren und die Mühle kopfüber schütteln. Danach dreimal kurz ohne Bohnen. Steckt sie noch, [schreiben Sie uns](/account/tickets/new)."),
        ("El molinillo gira, pero no sale nada", "Casi siempre es un grano aceitoso.", "Apaga y desenchufa. Gira el anillo al punto más grueso, vacía la tolva y agita el molinillo boca abajo. Luego tres giros cortos sin café. Si sigue atascado, [escríbenos](/account/tickets/new)."),
        ("Az őrlő forog, de nem jön ki semmi", "Szinte mindig egy olajos szem az oka.", "Kapcsolja ki, és húzza ki a dugót. Állítsa a gyűrűt a legdurvább fokra, ürítse ki a tartályt, és rázza meg fejjel lefelé. Aztán három rövid fordulat bab nélkül. Ha így is áll, [írjon nekünk](/account/tickets/new)."),
        ("O moinho roda, mas não sai nada", "Quase sempre é um grão oleoso.", "Desligue e tire a ficha. Rode o anel para o mais grosso, esvazie a tremonha e agite o moinho ao contrário. Depois três voltas curtas sem grãos. Se continuar preso, [escreva-nos](/account/tickets/new)."),
    ),
    _guide(
        "machines", "store-beans",
        ("How to keep beans fresh", "In the bag, in the dark, not in the fridge.", "Our bags let gas out and no air in: keep the beans in them, closed, in a cupboard. They are at their best from the **7th to the 40th day** after roasting; the date is on the back. The freezer works for whole, sealed bags."),
        ("So bleiben Bohnen frisch", "In der Tüte, im Dunkeln, nicht im Kühlschrank.", "Unsere Tüten lassen Gas hinaus und keine Luft hinein: Bohnen darin lassen, verschlossen, im Schrank. Am besten sind sie vom **7. bis zum 40. Tag** nach der Röstung; das Datum steht hinten. Einfrieren geht mit ungeöffneten Tüten."),
        ("Cómo conservar el café", "En la bolsa, a oscuras, no en la nevera.", "Nuestras bolsas dejan salir el gas y no entrar el aire: guarda el café dentro, cerrado, en un armario. Está en su mejor momento del **día 7 al 40** tras el tueste; la fecha está detrás. Congelar sirve para bolsas sin abrir."),
        ("Hogyan marad friss a kávé", "Zacskóban, sötétben, nem hűtőben.", "A zacskóink kiengedik a gázt, de levegőt nem engednek be: tartsa bennük, lezárva, szekrényben. A pörkölés utáni **7–40. napon** a legjobb; a dátum a hátoldalon van. Fagyasztani bontatlan zacskóban lehet."),
        ("Como manter o café fresco", "No saco, no escuro, fora do frigorífico.", "Os nossos sacos deixam sair o gás e não deixam entrar o ar: guarde neles o café, fechado, num armário. Está no seu melhor do **7.º ao 40.º dia** após a torra; a data está atrás. Congelar resulta com sacos por abrir."),
    ),
    _guide(
        "machines", "steam-milk",
        ("Milk like velvet", "Where to hold the wand, and when to stop.", "Cold milk, a cold pitcher, the tip just under the surface for **three seconds** of hissing, then deeper so that it turns. Stop when the pitcher is just too hot to hold: that is 60 °C. Wipe the wand at once."),
        ("Milch wie Samt", "Wohin die Lanze gehört und wann Schluss ist.", "Kalte Milch, kaltes Kännchen, die Düse **drei Sekunden** knapp unter der Oberfläche zischen lassen, dann tiefer, bis die Milch rollt. Aufhören, wenn das Kännchen gerade zu heiß zum Halten wird: das sind 60 °C. Lanze gleich abwischen."),
        ("Leche como terciopelo", "Dónde va el vaporizador y cuándo parar.", "Leche y jarra frías, la punta justo bajo la superficie **tres segundos** y luego más hondo para que gire. Para cuando la jarra empiece a quemar: son 60 °C. Limpia la lanza enseguida."),
        ("Bársonyos tejhab", "Hová tartsa a gőzcsövet, és mikor álljon meg.", "Hideg tej, hideg kancsó, a fúvóka **három másodpercig** épp a felszín alatt, aztán mélyebben, hogy forogjon. Álljon meg, amikor a kancsó már épp túl forró: ez 60 °C. Rögtön törölje le a csövet."),
        ("Leite como veludo", "Onde pôr a vara e quando parar.", "Leite e jarro frios, a ponta logo abaixo da superfície **três segundos**, depois mais fundo para rodar. Pare quando o jarro já quase queima: são 60 °C. Limpe a vara logo a seguir."),
    ),
    _guide(
        "machines", "brew-without-a-machine",
        ("Good coffee without a machine", "Pour-over, press, moka: one line each.", "- **Pour-over**: 15 g, medium, 250 g of water at 94 °C in three pours, three minutes.\n- **French press**: 30 g, coarse, 500 g of water, four minutes, then press slowly.\n- **Moka pot**: fill the basket level, never press it down, off the heat when it gurgles."),
        ("Guter Kaffee ohne Maschine", "Handfilter, Presskanne, Mokakanne: je eine Zeile.", "- **Handfilter**: 15 g, mittel, 250 g Wasser mit 94 °C in drei Güssen, drei Minuten.\n- **Presskanne**: 30 g, grob, 500 g Wasser, vier Minuten, dann langsam drücken.\n- **Mokakanne**: Sieb glatt füllen, nie andrücken, vom Herd, wenn es gurgelt."),
        ("Buen café sin máquina", "Filtro, prensa, moka: una línea cada una.", "- **Filtro**: 15 g, medio, 250 g de agua a 94 °C en tres vertidos, tres minutos.\n- **Prensa francesa**: 30 g, grueso, 500 g de agua, cuatro minutos y baja despacio.\n- **Moka**: llena el filtro al ras, nunca lo prenses, retira cuando gorgotee."),
        ("Jó kávé gép nélkül", "Filter, dugattyús, kotyogó: egy-egy sor.", "- **Filter**: 15 g, közepes, 250 g 94 °C-os víz három öntésben, három perc.\n- **Dugattyús kanna**: 30 g, durva, 500 g víz, négy perc, aztán lassan nyomja le.\n- **Kotyogó**: simára töltse, sose tömörítse, vegye le, amikor bugyog."),
        ("Bom café sem máquina", "Filtro, prensa, moka: uma linha cada.", "- **Filtro**: 15 g, médio, 250 g de água a 94 °C em três vezes, três minutos.\n- **Prensa francesa**: 30 g, grosso, 500 g de água, quatro minutos e desça devagar.\n- **Moka**: encha o filtro a direito, nunca calque, tire do lume quando gorgolejar."),
    ),
    _guide(
        "orders", "delivery-times",
        ("How long does delivery take?", "Days, carriers and what you pay, country by country.", "In Germany **two to three working days**, in the rest of the EU **four to six**. Orders before 14:00 on working days leave us the same day. What it costs, and from when it is free, stands in the cart before you pay."),
        ("Wie lange dauert die Lieferung?", "Tage, Boten und was es kostet, Land für Land.", "In Deutschland **zwei bis drei Werktage**, in der übrigen EU **vier bis sechs**. Was werktags vor 14 Uhr bestellt wird, geht am selben Tag hinaus. Was es kostet und ab wann es frei ist, steht im Warenkorb, bevor Sie zahlen."),
        ("¿Cuánto tarda el envío?", "Días, transportistas y precio, país por país.", "En Alemania **dos o tres días laborables**, en el resto de la UE **de cuatro a seis**. Lo pedido antes de las 14:00 sale el mismo día. El precio, y desde cuándo es gratis, está en el carrito antes de pagar."),
        ("Mennyi idő a szállítás?", "Napok, futárok és árak országonként.", "Németországban **két-három munkanap**, az EU többi részén **négy-hat**. A munkanapokon 14 óra előtt leadott rendelést aznap feladjuk. Az ára, és hogy mikortól ingyenes, fizetés előtt látszik a kosárban."),
        ("Quanto tempo demora a entrega?", "Dias, transportadoras e preço, país a país.", "Na Alemanha **dois a três dias úteis**, no resto da UE **quatro a seis**. O que for encomendado antes das 14h em dias úteis sai no mesmo dia. O preço, e a partir de quando é grátis, está no carrinho antes de pagar."),
    ),
    _guide(
        "orders", "invoices-for-companies",
        ("Invoices for companies", "VAT number, cost centre, and paying on account.", "Enter your company at the checkout and choose **On account**: you pay within 14 days of delivery. VAT number and cost centre stand on every invoice once they are in [your account](/account). All invoices are there as PDF."),
        ("Rechnungen für Firmen", "USt-IdNr., Kostenstelle und Kauf auf Rechnung.", "Geben Sie an der Kasse Ihre Firma an und wählen Sie **Auf Rechnung**: Sie zahlen binnen 14 Tagen nach der Lieferung. USt-IdNr. und Kostenstelle stehen auf jeder Rechnung, sobald sie in [Ihrem Konto](/account) sind. Dort liegen alle Rechnungen als PDF."),
        ("Facturas para empresas", "NIF-IVA, centro de coste y pago a cuenta.", "Indica tu empresa al pagar y elige **A cuenta**: pagas a los 14 días de la entrega. El NIF-IVA y el centro de coste salen en cada factura cuando están en [tu cuenta](/account). Allí están todas en PDF."),
        ("Számlák cégeknek", "Adószám, költséghely és fizetés számlára.", "Adja meg a céget a pénztárnál, és válassza a **számlára** fizetést: a szállítástól 14 napon belül fizet. Az adószám és a költséghely minden számlán rajta van, ha szerepel [a fiókjában](/account). Ott minden számla PDF-ben is megvan."),
        ("Faturas para empresas", "NIF, centro de custos e pagamento a prazo.", "Indique a empresa ao pagar e escolha **A prazo**: paga até 14 dias após a entrega. O NIF e o centro de custos aparecem em cada fatura quando estão na [sua conta](/account). Lá estão todas em PDF."),
    ),
    _guide(
        "orders", "order-without-an-account",
        ("Do I need an account?", "No. And what you gain with one.", "You can order as a guest; the confirmation carries links to everything. With an account (your address and a code that we mail, no password) you see all orders, invoices and conversations [in one line](/account)."),
        ("Brauche ich ein Konto?", "Nein. Und was es bringt.", "Sie können als Gast bestellen; die Bestätigung enthält alle Verweise. Mit Konto (Ihre Adresse und ein Code per E-Mail, kein Passwort) sehen Sie Bestellungen, Rechnungen und Gespräche [auf einer Linie](/account)."),
        ("¿Necesito una cuenta?", "No. Y qué ganas con ella.", "Puedes comprar como invitado; la confirmación lleva todos los enlaces. Con cuenta (tu dirección y un código por correo, sin contraseña) ves pedidos, facturas y conversaciones [en una sola línea](/account)."),
        ("Kell hozzá fiók?", "Nem. És hogy mire jó.", "Vendégként is rendelhet; a visszaigazolásban minden hivatkozás benne van. Fiókkal (az e-mail-címe és egy elküldött kód, jelszó nélkül) rendeléseit, számláit és beszélgetéseit [egy vonalon](/account) látja."),
        ("Preciso de uma conta?", "Não. E o que ganha com ela.", "Pode comprar como convidado; a confirmação traz todas as ligações. Com conta (o seu endereço e um código por e-mail, sem palavra-passe) vê encomendas, faturas e conversas [numa só linha](/account)."),
    ),
    _guide(
        "orders", "pay-an-open-invoice",
        ("Pay an open invoice", "By card in a minute, or by transfer.", "Open the link in the invoice mail, or find it under [Invoices](/account): the paying box stands beside it. For a transfer, write the invoice's number and nothing else, and it is matched the same day."),
        ("Eine offene Rechnung bezahlen", "Mit Karte in einer Minute, oder per Überweisung.", "Öffnen Sie den Verweis in der Rechnungsmail oder suchen Sie sie unter [Rechnungen](/account): daneben steht das Feld zum Bezahlen. Bei einer Überweisung bitte nur die Rechnungsnummer angeben, dann ist sie am selben Tag zugeordnet."),
        ("Pagar una factura pendiente", "Con tarjeta en un minuto, o por transferencia.", "Abre el enlace del correo o búscala en [Facturas](/account): al lado está el recuadro de pago. Si haces una transferencia, pon solo el número de factura y se asigna el mismo día."),
        ("Nyitott számla kifizetése", "Kártyával egy perc alatt, vagy átutalással.", "Nyissa meg a levélben lévő hivatkozást, vagy keresse meg a [Számlák](/account) között: mellette van a fizetés. Átutalásnál csak a számla számát írja be, így aznap beazonosítjuk."),
        ("Pagar uma fatura em aberto", "Com cartão num minuto, ou por transferência.", "Abra a ligação do e-mail ou procure-a em [Faturas](/account): ao lado está a caixa de pagamento. Na transferência escreva só o número da fatura e fica associada no mesmo dia."),
    ),
    _guide(
        "orders", "service-contract",
        ("The service contract for offices", "Two visits a year, and a technician within two days.", "With the contract a technician comes **twice a year**, brings the wearing parts, and is there **within two working days** when something is wrong. It runs by the month and ends when you say so. [Ask us](/account/tickets/new) for your machine."),
        ("Der Wartungsvertrag für Büros", "Zwei Besuche im Jahr, ein Techniker binnen zwei Tagen.", "Mit dem Vertrag kommt **zweimal im Jahr** ein Techniker, bringt die Verschleißteile mit und ist **binnen zwei Werktagen** da, wenn etwas nicht stimmt. Er läuft monatlich und endet, wann Sie wollen. [Fragen Sie uns](/account/tickets/new) zu Ihrer Maschine."),
        ("El contrato de servicio para oficinas", "Dos visitas al año y un técnico en dos días.", "Con el contrato viene un técnico **dos veces al año** con las piezas de desgaste y llega **en dos días laborables** si algo falla. Es mensual y termina cuando quieras. [Pregúntanos](/account/tickets/new) por tu máquina."),
        ("Szervizszerződés irodáknak", "Évi két látogatás, és két napon belül szerelő.", "A szerződéssel **évente kétszer** jön szerelő a kopó alkatrészekkel, és **két munkanapon belül** ott van, ha baj van. Havonta fut, és akkor ér véget, amikor szeretné. [Kérdezzen minket](/account/tickets/new) a gépéről."),
        ("O contrato de assistência para escritórios", "Duas visitas por ano e um técnico em dois dias.", "Com o contrato, um técnico vem **duas vezes por ano** com as peças de desgaste e chega **em dois dias úteis** se algo falhar. É mensal e termina quando quiser. [Pergunte-nos](/account/tickets/new) pela sua máquina."),
    ),
    _guide(
        "orders", "gift-wrapping",
        ("Send it as a present", "Without a price in the box, with a card in our handwriting.", "Write your words into **Instructions** at the checkout and give the other address for the delivery. The invoice goes to you by mail; in the box lies only the card."),
        ("Als Geschenk verschicken", "Ohne Preis im Paket, mit einer Karte von Hand.", "Schreiben Sie Ihren Gruß an der Kasse in die **Hinweise** und geben Sie die andere Lieferadresse an. Die Rechnung kommt per E-Mail zu Ihnen; im Paket liegt nur die Karte."),
        ("Enviarlo como regalo", "Sin precio en la caja y con una tarjeta escrita a mano.", "Escribe tus palabras en **Instrucciones** al pagar e indica la otra dirección de entrega. La factura te llega por correo; en la caja solo va la tarjeta."),
        ("Ajándékba küldöm", "Ár nélkül a dobozban, kézzel írt kártyával.", "Írja az üzenetet a pénztárnál a **Megjegyzésbe**, és adja meg a másik szállítási címet. A számla e-mailben Önhöz megy; a dobozban csak a kártya lesz."),
        ("Enviar como presente", "Sem preço na caixa e com um cartão escrito à mão.", "Escreva a mensagem em **Instruções** ao pagar e indique a outra morada de entrega. A fatura chega-lhe por e-mail; na caixa vai só o cartão."),
    ),
    _guide(
        "returns", "damaged-in-transit",
        ("It arrived damaged", "A photograph is enough; the rest is ours.", "[Write to us](/account/tickets/new) within a week with a photograph of the box and of what is broken. A new one leaves us the next working day, and the carrier takes the old one along. You pay nothing."),
        ("Es kam beschädigt an", "Ein Foto genügt, den Rest machen wir.", "[Schreiben Sie uns](/account/tickets/new) binnen einer Woche mit einem Foto vom Karton und vom Schaden. Am nächsten Werktag geht Ersatz hinaus, der Bote nimmt das Alte mit. Es kostet Sie nichts."),
        ("Ha llegado dañado", "Basta una foto; el resto es cosa nuestra.", "[Escríbenos](/account/tickets/new) en una semana con una foto de la caja y del daño. Al día laborable siguiente sale otro y el mensajero se lleva el viejo. No pagas nada."),
        ("Sérülten érkezett", "Elég egy fénykép, a többi a mi dolgunk.", "[Írjon nekünk](/account/tickets/new) egy héten belül a dobozról és a sérülésről készült képpel. A következő munkanapon indul az új, a futár elviszi a régit. Önnek nem kerül semmibe."),
        ("Chegou danificado", "Basta uma fotografia; o resto é connosco.", "[Escreva-nos](/account/tickets/new) no prazo de uma semana com uma fotografia da caixa e do dano. No dia útil seguinte segue outro e o estafeta leva o antigo. Não paga nada."),
    ),
    _guide(
        "returns", "when-is-the-money-back",
        ("When is my money back?", "Five days after the parcel, to where it came from.", "We pay back **within five days** of the parcel's arrival, to the card or account that paid. A credit note with its own number comes by mail, and stands in [your account](/account) beside the invoice."),
        ("Wann ist das Geld zurück?", "Fünf Tage nach dem Paket, dorthin, woher es kam.", "Wir erstatten **binnen fünf Tagen**, nachdem das Paket da ist, auf die Karte oder das Konto, das bezahlt hat. Eine Gutschrift mit eigener Nummer kommt per E-Mail und steht in [Ihrem Konto](/account) neben der Rechnung."),
        ("¿Cuándo vuelve el dinero?", "Cinco días después del paquete, a donde salió.", "Devolvemos **en cinco días** desde que llega el paquete, a la tarjeta o cuenta que pagó. El abono, con su número, llega por correo y está en [tu cuenta](/account) junto a la factura."),
        ("Mikor kapom vissza a pénzt?", "Öt nappal a csomag után, oda, ahonnan jött.", "A csomag megérkezésétől **öt napon belül** visszautaljuk arra a kártyára vagy számlára, amelyről fizetett. A saját számú jóváíró számla e-mailben jön, és [a fiókjában](/account) is ott van a számla mellett."),
        ("Quando recebo o dinheiro?", "Cinco dias depois da encomenda, para onde saiu.", "Devolvemos **em cinco dias** após a chegada, para o cartão ou a conta que pagou. A nota de crédito, com número próprio, chega por e-mail e está na [sua conta](/account) junto à fatura."),
    ),
    _guide(
        "returns", "send-in-for-repair",
        ("Send a machine in for repair", "How to pack it, and what happens then.", "Empty the tank and the drip tray, take out the portafilter, and use the old box or ours, which we send you free of charge. You hear from us **before** anything costs money, and can follow the repair in [your ticket](/account)."),
        ("Eine Maschine zur Reparatur schicken", "Wie Sie packen und was dann geschieht.", "Tank und Tropfschale leeren, Siebträger herausnehmen und den alten Karton nehmen oder unseren, den wir kostenlos schicken. Sie hören von uns, **bevor** etwas Geld kostet, und verfolgen die Reparatur in [Ihrem Ticket](/account)."),
        ("Enviar una máquina a reparar", "Cómo embalarla y qué pasa después.", "Vacía el depósito y la bandeja, saca el portafiltros y usa la caja vieja o la nuestra, que te enviamos gratis. Te avisamos **antes** de que algo cueste dinero, y puedes seguir la reparación en [tu consulta](/account)."),
        ("Gép beküldése javításra", "Hogyan csomagolja, és mi történik utána.", "Ürítse ki a tartályt és a csepptálcát, vegye ki a szűrőkart, és használja a régi dobozt vagy a miénket, amelyet ingyen küldünk. Szólunk, **mielőtt** bármi pénzbe kerülne, és a javítást [a bejelentésében](/account) követheti."),
        ("Enviar uma máquina para reparar", "Como embalar e o que acontece depois.", "Esvazie o depósito e o tabuleiro, tire o porta-filtros e use a caixa antiga ou a nossa, que enviamos grátis. Avisamos **antes** de algo custar dinheiro, e pode seguir a reparação no [seu pedido](/account)."),
    ),
    _guide(
        "returns", "recycle-old-machines",
        ("What to do with an old machine", "We take it back, whoever made it.", "Send or bring us any coffee machine or grinder, of ours or not: we take out what still works and recycle the rest. With a new machine the carrier takes the old one along when you tell us [beforehand](/account/tickets/new)."),
        ("Wohin mit der alten Maschine?", "Wir nehmen sie zurück, wer immer sie gebaut hat.", "Schicken oder bringen Sie uns jede Kaffeemaschine oder Mühle, auch fremde: Was noch geht, bauen wir aus, der Rest wird verwertet. Beim Kauf einer neuen nimmt der Bote die alte mit, wenn Sie es [vorher sagen](/account/tickets/new)."),
        ("Qué hacer con una máquina vieja", "La recogemos, sea de quien sea.", "Envíanos o tráenos cualquier cafetera o molinillo, nuestro o no: aprovechamos lo que funciona y reciclamos el resto. Con una máquina nueva, el mensajero se lleva la vieja si nos lo dices [antes](/account/tickets/new)."),
        ("Mi legyen a régi géppel?", "Visszavesszük, bárki gyártotta.", "Küldjön vagy hozzon be bármilyen kávéfőzőt vagy őrlőt, akár más gyártótól is: ami még jó, kivesszük, a többit újrahasznosítjuk. Új gép vásárlásakor a futár elviszi a régit, ha [előre szól](/account/tickets/new)."),
        ("O que fazer com uma máquina antiga", "Recolhemos, seja de quem for.", "Envie ou traga qualquer máquina de café ou moinho, nosso ou não: aproveitamos o que funciona e reciclamos o resto. Na compra de uma nova, o estafeta leva a antiga se nos disser [antes](/account/tickets/new)."),
    ),
]
