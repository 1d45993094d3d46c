# ruff: noqa: E501 - data, read line by line
"""What customers write and what colleagues answer, in the five languages; {product}, {number}, {first}, {agent}."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Talk:
    """A question and its answer; `about` says whether it needs an order."""

    about: str  # order, product
    subject: str
    question: str
    answer: str


# How a letter begins and ends: the customer's greeting and farewell, the colleague's greeting and farewell.
MANNERS = {
    "en": ("Hello,", "Kind regards", "Hello {first},", "Best wishes"),
    "de": ("Guten Tag,", "Viele Grüße", "Guten Tag {first},", "Herzliche Grüße"),
    "es": ("Hola:", "Un saludo", "Hola, {first}:", "Un cordial saludo"),
    "hu": ("Jó napot kívánok!", "Üdvözlettel", "Kedves {first}!", "Üdvözlettel"),
    "pt": ("Bom dia,", "Cumprimentos", "Olá, {first},", "Com os melhores cumprimentos"),
}
THANKS = {
    "en": (
        "Thank you, that worked.",
        "Perfect, thanks for the quick answer!",
        "Great, that is all I needed.",
    ),
    "de": (
        "Danke, das hat geklappt.",
        "Perfekt, vielen Dank für die schnelle Antwort!",
        "Super, mehr wollte ich nicht wissen.",
    ),
    "es": (
        "Gracias, ha funcionado.",
        "¡Perfecto, gracias por la rapidez!",
        "Estupendo, era todo lo que necesitaba.",
    ),
    "hu": ("Köszönöm, sikerült.", "Tökéletes, köszönöm a gyors választ!", "Remek, csak ezt akartam tudni."),
    "pt": (
        "Obrigado, resultou.",
        "Perfeito, obrigado pela resposta rápida!",
        "Ótimo, era só isso que precisava de saber.",
    ),
}
NOTES = (
    "Called back, nobody answered. Trying again tomorrow morning.",
    "Second question about this product this week: worth an article?",
    "Good customer. Offer the part free of charge if it comes up again.",
    "Carrier says it is in the depot. Asked them to deliver today.",
    "Sam has checked the shelf: two are left.",
)
_DEVICES = ("espresso-machines", "grinders", "filter-brewers", "kettles", "office-machines")
# Which of the talks below, by their place, make sense for what kinds of products only.
CONCERNS = {
    1: (*_DEVICES, "cups-and-servers"),
    3: _DEVICES,
    4: ("espresso-machines", "grinders", "filter-brewers"),
    5: _DEVICES,
    6: ("espresso-machines", "filter-brewers", "office-machines"),
    8: ("beans",),
}

TALKS: dict[str, tuple[Talk, ...]] = {
    "en": (
        Talk("order", "Where is order {number}?", "I ordered the {product} and the tracking has not moved for two days. Can you see where it is?", "the parcel was held at the depot over the weekend; it is on the van today. If it is not with you by this evening, write to me and I send another one."),
        Talk("order", "Damaged in transit: {product}", "The {product} from order {number} arrived today and the box was crushed. Something rattles inside. What shall I do?", "I am sorry. A new one leaves us tomorrow, and the carrier takes the damaged one back when it comes: nothing to pack, nothing to pay."),
        Talk("order", "Invoice for order {number}", "Could you put our cost centre 4410 on the invoice for order {number}? Accounting asks for it.", "it is noted with your account and stands on every invoice from now on. The one for this order is in your account under Invoices."),
        Talk("order", "Sending back the {product}", "The {product} is beautiful, but too tall for our shelf. Can I send it back? It is unused.", "of course. The label is in your account beside order {number}; the money goes back as soon as the parcel is with us."),
        Talk("product", "Which setting for the {product}?", "I have been using the {product} for a week and the coffee is sour. Where would you begin?", "sour means too coarse or too cool. Go one step finer and use water at 94 degrees; change one thing at a time."),
        Talk("product", "Cleaning the {product}", "How often should I clean the {product}, and with what? Our water is very hard.", "every two months with our descaler, in between a rinse with warm water is enough. There is an article with pictures in the help centre."),
        Talk("product", "Spare part for the {product}", "The seal of the {product} is worn after two years. Do you sell it on its own?", "yes, the gasket set fits. It takes five minutes with the key that comes with it; if you would rather have it done, our workshop does it too."),
        Talk("product", "Is the {product} in stock again soon?", "The {product} was sold out last week. When do you expect it, and can I reserve one?", "the next ones come on Thursday. I have put one aside for you until Saturday; simply order it."),
        Talk("product", "{product} every month", "We drink about a kilo a month. Can I get the {product} regularly without ordering each time?", "you can: write me how much and on which day of the month, and it comes by itself. You can stop or change it at any time."),
        Talk("order", "Change of address for order {number}", "I have moved! Could order {number} go to my new address? It is the same street, number 17.", "it is changed, and the parcel leaves us this afternoon with the new address on it."),
    ),
    "de": (
        Talk("order", "Wo bleibt Bestellung {number}?", "ich habe {product} bestellt und die Sendungsverfolgung steht seit zwei Tagen still. Können Sie sehen, wo das Paket ist?", "das Paket lag über das Wochenende im Depot und ist heute im Wagen. Wenn es bis heute Abend nicht da ist, schreiben Sie mir, dann schicke ich ein neues."),
        Talk("order", "Beim Transport beschädigt: {product}", "{product} aus Bestellung {number} kam heute an, der Karton war eingedrückt und innen klappert etwas. Was soll ich tun?", "das tut mir leid. Morgen geht ein neues Exemplar an Sie heraus, das beschädigte nimmt der Bote gleich mit: Sie müssen nichts packen und nichts zahlen."),
        Talk("order", "Rechnung zu Bestellung {number}", "könnten Sie auf die Rechnung zu Bestellung {number} unsere Kostenstelle 4410 setzen? Die Buchhaltung fragt danach.", "das ist in Ihrem Konto vermerkt und steht ab jetzt auf jeder Rechnung. Die zu dieser Bestellung finden Sie im Konto unter Rechnungen."),
        Talk("order", "Rückgabe: {product}", "{product} ist sehr schön, passt aber nicht unter unser Regal. Kann ich zurückgeben? Unbenutzt, im Karton.", "natürlich. Das Etikett liegt in Ihrem Konto bei Bestellung {number}; das Geld geht zurück, sobald das Paket bei uns ist."),
        Talk("product", "Welche Einstellung für {product}?", "ich benutze {product} seit einer Woche und der Kaffee wird sauer. Wo fange ich an?", "sauer heißt zu grob oder zu kühl. Gehen Sie eine Stufe feiner und nehmen Sie Wasser mit 94 Grad; immer nur eines auf einmal ändern."),
        Talk("product", "Reinigung von {product}", "wie oft und womit reinige ich {product}? Unser Wasser ist sehr hart.", "alle zwei Monate mit unserem Entkalker, dazwischen genügt warmes Wasser. Im Hilfebereich gibt es dazu einen Artikel."),
        Talk("product", "Ersatzteil für {product}", "die Dichtung von {product} ist nach zwei Jahren hinüber. Gibt es sie einzeln?", "ja, das Dichtungsset passt. Mit dem Schlüssel, der dabei ist, dauert es fünf Minuten; sonst macht es unsere Werkstatt."),
        Talk("product", "Wann gibt es {product} wieder?", "{product} war letzte Woche ausverkauft. Wann kommt Nachschub, und kann ich etwas reservieren?", "am Donnerstag kommt die nächste Lieferung. Ein Stück ist bis Samstag für Sie zurückgelegt, bestellen Sie einfach."),
        Talk("product", "{product} jeden Monat", "wir trinken etwa ein Kilo im Monat. Können wir {product} regelmäßig bekommen, ohne jedes Mal zu bestellen?", "gern: Schreiben Sie mir Menge und Tag im Monat, dann kommt es von selbst. Anhalten oder ändern geht jederzeit."),
        Talk("order", "Neue Adresse für Bestellung {number}", "ich bin umgezogen! Kann Bestellung {number} an die neue Adresse gehen? Gleiche Straße, Hausnummer 17.", "ist geändert, das Paket geht heute Nachmittag mit der neuen Adresse hinaus."),
    ),
    "es": (
        Talk("order", "¿Dónde está el pedido {number}?", "He pedido {product} y el seguimiento no se mueve desde hace dos días. ¿Pueden ver dónde está?", "el paquete estuvo el fin de semana en el almacén y hoy va en la furgoneta. Si esta tarde no ha llegado, escríbame y le envío otro."),
        Talk("order", "Llegó dañado: {product}", "{product}, del pedido {number}, ha llegado hoy con la caja aplastada y algo suena dentro. ¿Qué hago?", "lo siento mucho. Mañana sale uno nuevo y el mensajero se lleva el dañado: no tiene que embalar ni pagar nada."),
        Talk("order", "Factura del pedido {number}", "¿Podrían poner nuestro centro de coste 4410 en la factura del pedido {number}? Nos lo pide contabilidad.", "queda anotado en su cuenta y saldrá en todas las facturas. La de este pedido está en su cuenta, en Facturas."),
        Talk("order", "Devolución: {product}", "{product} es precioso, pero no cabe en la estantería. ¿Puedo devolverlo? Está sin usar.", "por supuesto. La etiqueta está en su cuenta, junto al pedido {number}; el dinero vuelve en cuanto tengamos el paquete."),
        Talk("product", "¿Qué ajuste para {product}?", "Uso {product} desde hace una semana y el café sale ácido. ¿Por dónde empiezo?", "ácido significa molienda gruesa o agua fría. Muela un punto más fino y use agua a 94 grados; cambie una sola cosa cada vez."),
        Talk("product", "Limpieza: {product}", "¿Cada cuánto y con qué se limpia {product}? Aquí el agua es muy dura.", "cada dos meses con nuestro descalcificador; entre medias basta con agua tibia. En el centro de ayuda hay un artículo."),
        Talk("product", "Recambio para {product}", "La junta de {product} está gastada después de dos años. ¿La venden suelta?", "sí, sirve el juego de juntas. Con la llave incluida son cinco minutos; si lo prefiere, lo hace nuestro taller."),
        Talk("product", "¿Cuándo vuelve {product}?", "{product} estaba agotado la semana pasada. ¿Cuándo lo esperan y puedo reservar uno?", "el jueves llegan más. Le he apartado uno hasta el sábado; haga el pedido sin prisa."),
        Talk("product", "{product} cada mes", "Tomamos un kilo al mes. ¿Puedo recibir {product} sin pedirlo cada vez?", "claro: dígame cuánto y qué día del mes, y llegará solo. Puede pararlo o cambiarlo cuando quiera."),
        Talk("order", "Cambio de dirección del pedido {number}", "Me he mudado. ¿Puede ir el pedido {number} a la dirección nueva? Misma calle, número 17.", "cambiado; el paquete sale esta tarde con la dirección nueva."),
    ),
    "hu": (
        Talk("order", "Hol tart a(z) {number}. számú rendelés?", "Megrendeltem: {product}. A csomagkövetés két napja nem mozdul. Meg tudják nézni, hol jár?", "a csomag a hétvégén a raktárban volt, ma már a futárnál van. Ha estig nem ér oda, írjon, és küldök egy másikat."),
        Talk("order", "Sérülten érkezett: {product}", "A(z) {number}. számú rendelésből ma érkezett meg: {product}. A doboz összenyomódott, és valami zörög benne. Mit tegyek?", "nagyon sajnálom. Holnap feladunk egy újat, a sérültet a futár elviszi: nem kell csomagolnia és fizetnie sem."),
        Talk("order", "Számla a(z) {number}. rendeléshez", "Rá tudják írni a számlára a 4410-es költséghelyünket ({number}. rendelés)? A könyvelés kéri.", "feljegyeztem a fiókjába, mostantól minden számlán szerepel. Ennek a rendelésnek a számlája a fiókjában, a Számlák alatt van."),
        Talk("order", "Visszaküldés: {product}", "Nagyon szép, de nem fér el a polcon: {product}. Visszaküldhetem? Nem használtam.", "természetesen. A címke a fiókjában van a(z) {number}. rendelésnél; amint megérkezik a csomag, visszautaljuk az árát."),
        Talk("product", "Melyik beállítás jó? {product}", "Egy hete használom ({product}), és savanyú a kávé. Hol kezdjem?", "a savanyú íz durva őrlést vagy hűvös vizet jelent. Őröljön egy fokkal finomabbra, 94 fokos vízzel; egyszerre csak egy dolgon változtasson."),
        Talk("product", "Tisztítás: {product}", "Milyen gyakran és mivel tisztítsam? {product}. Nálunk nagyon kemény a víz.", "kéthavonta a vízkőoldónkkal, közben elég a langyos víz. A súgóban képes cikk is van róla."),
        Talk("product", "Alkatrész: {product}", "Két év után elkopott a tömítés ({product}). Kapható külön?", "igen, a tömítéskészlet jó hozzá. A mellékelt kulccsal öt perc; ha inkább ránk bízná, a műhelyünk is megcsinálja."),
        Talk("product", "Mikor lesz újra? {product}", "A múlt héten elfogyott: {product}. Mikorra várják, és félre tudnak tenni egyet?", "csütörtökön jön a következő szállítmány. Szombatig félretettem egyet, rendelje meg nyugodtan."),
        Talk("product", "Havonta: {product}", "Havonta egy kilót iszunk. Kaphatjuk rendszeresen, rendelés nélkül? {product}", "hogyne: írja meg, mennyit és a hónap melyik napján kéri, és magától megy. Bármikor leállíthatja vagy módosíthatja."),
        Talk("order", "Címváltozás, {number}. rendelés", "Elköltöztem! Mehet a(z) {number}. rendelés az új címre? Ugyanaz az utca, 17-es szám.", "átírtam, a csomag ma délután már az új címmel indul."),
    ),
    "pt": (
        Talk("order", "Onde está a encomenda {number}?", "Encomendei {product} e o seguimento não se mexe há dois dias. Conseguem ver onde está?", "a encomenda ficou no armazém durante o fim de semana e hoje vai na carrinha. Se não chegar até logo à noite, escreva-me e envio outra."),
        Talk("order", "Chegou danificado: {product}", "{product}, da encomenda {number}, chegou hoje com a caixa amassada e algo solto lá dentro. O que devo fazer?", "lamento muito. Amanhã sai um novo e o estafeta leva o danificado: não precisa de embalar nem de pagar nada."),
        Talk("order", "Fatura da encomenda {number}", "Podem pôr o nosso centro de custos 4410 na fatura da encomenda {number}? A contabilidade pede.", "fica anotado na sua conta e aparece em todas as faturas. A desta encomenda está na conta, em Faturas."),
        Talk("order", "Devolução: {product}", "{product} é lindo, mas não cabe na prateleira. Posso devolver? Não foi usado.", "claro. A etiqueta está na sua conta, junto à encomenda {number}; o dinheiro volta assim que a recebermos."),
        Talk("product", "Que regulação para {product}?", "Uso {product} há uma semana e o café sai ácido. Por onde começo?", "ácido quer dizer moagem grossa ou água fria. Um ponto mais fino e água a 94 graus; mude uma coisa de cada vez."),
        Talk("product", "Limpeza: {product}", "De quanto em quanto tempo e com quê se limpa {product}? A nossa água é muito dura.", "de dois em dois meses com o nosso descalcificante; entretanto basta água morna. Há um artigo na ajuda."),
        Talk("product", "Peça para {product}", "A junta de {product} está gasta ao fim de dois anos. Vendem-na à parte?", "sim, serve o conjunto de juntas. Com a chave incluída são cinco minutos; se preferir, a nossa oficina trata disso."),
        Talk("product", "Quando volta {product}?", "{product} estava esgotado na semana passada. Quando o esperam, e posso reservar um?", "chegam mais na quinta-feira. Guardei um para si até sábado; basta encomendar."),
        Talk("product", "{product} todos os meses", "Bebemos um quilo por mês. Posso receber {product} sem encomendar de cada vez?", "pode: diga-me quanto e em que dia do mês, e segue sozinho. Pode parar ou mudar quando quiser."),
        Talk("order", "Nova morada para a encomenda {number}", "Mudei de casa! A encomenda {number} pode ir para a nova morada? A mesma rua, número 17.", "está alterado; a encomenda sai esta tarde com a nova morada."),
    ),
}  # fmt: skip

# By rating, best first in each language.
REVIEWS: dict[str, dict[int, tuple[str, ...]]] = {
    "en": {
        5: ("Exactly what I hoped for. Well made, and it looks good on the counter.", "In daily use for two months and still a pleasure every morning.", "Bought it on a friend's word and would do so again.", "Quick delivery, careful packing, and better than in the picture.", "You notice that somebody thought about it."),
        4: ("Very good, only the instructions could be longer.", "Does what it should. A little smaller than I thought.", "Good quality; one star off for the price.", "Like it a lot. The colour is a touch darker than in the picture."),
        3: ("All right, but nothing special for the money.", "Good in itself, though it took me a week to get used to it.", "Fine. The second one came a day late."),
        2: ("Not as sturdy as I expected. Service was friendly, though.", "It works, but I had hoped for more."),
        1: ("Arrived with a scratch; the exchange took two weeks.", "Not for me. I sent it back."),
    },
    "de": {
        5: ("Genau wie erhofft: gut verarbeitet und schön anzusehen.", "Seit zwei Monaten täglich im Einsatz und jeden Morgen eine Freude.", "Auf Empfehlung gekauft, ich würde es wieder tun.", "Schnell geliefert, sorgfältig verpackt, besser als auf dem Bild.", "Man merkt, dass sich jemand Gedanken gemacht hat."),
        4: ("Sehr gut, nur die Anleitung dürfte ausführlicher sein.", "Tut, was es soll. Etwas kleiner als gedacht.", "Gute Qualität, ein Stern Abzug für den Preis.", "Gefällt mir sehr. Die Farbe ist etwas dunkler als auf dem Bild."),
        3: ("In Ordnung, aber für das Geld nichts Besonderes.", "An sich gut, ich musste mich aber eine Woche daran gewöhnen.", "Passt. Die zweite Lieferung kam einen Tag zu spät."),
        2: ("Nicht so stabil wie erwartet. Der Service war aber freundlich.", "Funktioniert, ich hatte mir aber mehr erhofft."),
        1: ("Kam mit einem Kratzer an, der Umtausch dauerte zwei Wochen.", "Nichts für mich, ging zurück."),
    },
    "es": {
        5: ("Justo lo que esperaba: bien hecho y bonito.", "Lo uso a diario desde hace dos meses y cada mañana da gusto.", "Me lo recomendaron y volvería a comprarlo.", "Envío rápido, bien embalado y mejor que en la foto."),
        4: ("Muy bueno, aunque las instrucciones podrían ser más largas.", "Cumple. Un poco más pequeño de lo que pensaba.", "Buena calidad; quito una estrella por el precio."),
        3: ("Correcto, pero nada especial por ese precio.", "Está bien, aunque tardé una semana en acostumbrarme."),
        2: ("Menos resistente de lo que esperaba. La atención, amable.",),
        1: ("Llegó con un arañazo y el cambio tardó dos semanas.",),
    },
    "hu": {
        5: ("Pontosan olyan, amilyet reméltem: szép és igényes.", "Két hónapja naponta használom, minden reggel öröm.", "Ajánlásra vettem, újra megvenném.", "Gyors szállítás, gondos csomagolás, élőben még szebb."),
        4: ("Nagyon jó, csak az útmutató lehetne részletesebb.", "Teszi a dolgát. Kicsit kisebb, mint gondoltam.", "Jó minőség, az ára miatt egy csillag levonás."),
        3: ("Rendben van, de ennyi pénzért semmi különös.", "Jó, de egy hétig szoknom kellett."),
        2: ("Nem olyan strapabíró, mint vártam. A kiszolgálás kedves volt.",),
        1: ("Karcosan érkezett, a csere két hétig tartott.",),
    },
    "pt": {
        5: ("Exatamente o que esperava: bem feito e bonito.", "Uso todos os dias há dois meses e é sempre um prazer.", "Comprei por recomendação e voltaria a comprar.", "Entrega rápida, bem embalado e melhor do que na fotografia."),
        4: ("Muito bom, só as instruções podiam ser mais completas.", "Cumpre. Um pouco mais pequeno do que pensava.", "Boa qualidade; uma estrela a menos pelo preço."),
        3: ("Razoável, mas nada de especial por este preço.", "É bom, embora tenha demorado uma semana a habituar-me."),
        2: ("Menos resistente do que esperava. O atendimento foi simpático.",),
        1: ("Chegou com um risco e a troca demorou duas semanas.",),
    },
}  # fmt: skip
