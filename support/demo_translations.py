# ruff: noqa: E501 - prose, wrapped as it is read
"""The demo's help centre in German, Spanish, Hungarian and Portuguese: (title, summary, body) of each article."""

LOCALES = ("de", "es", "hu", "pt")
Text = tuple[str, str, str]


def of(slug: str) -> dict[str, dict[str, str]]:
    """The translations of an article, as its `translations`."""
    return {
        locale: dict(zip(("title", "summary", "body"), (part.strip() for part in text), strict=True))
        for locale, text in ARTICLES.get(slug, {}).items()
    }


ARTICLES: dict[str, dict[str, Text]] = {
    "descale-your-machine": {
        "es": (
            "Cómo descalcificar tu máquina de espresso",
            "Veinte minutos cada dos o tres meses, y tu máquina sigue caliente y rápida.",
            """
La cal se deposita donde se calienta el agua. Aísla la caldera, frena el paso y acaba por obstruir una válvula.
Descalcificar lleva unos veinte minutos, casi todos de espera.

## Qué necesitas

- 100 g de ácido cítrico, o una botella de nuestro descalcificador
- un litro de agua fría
- un recipiente de un litro

No uses nunca vinagre: ataca las juntas y lo notarás en la taza durante una semana.

## Paso a paso

1. Apaga la máquina y deja que se enfríe media hora.
2. Quita el filtro de agua y llena el depósito con la solución.
3. Enciende y deja salir media taza por el grupo y media por el vaporizador.
4. Apaga y **espera quince minutos**.
5. Deja salir el resto, la mitad por el grupo y la mitad por el vaporizador.
6. Enjuaga el depósito, llénalo de agua limpia y déjala salir toda. Hazlo dos veces.
7. Vuelve a poner el filtro.

Si la luz sigue encendida después, mira [La luz de descalcificación no se apaga](/help/articles/descaling-light-stays-on).
""",
        ),
    },
    "descaling-light-stays-on": {
        "de": (
            "Die Entkalkungsleuchte geht nicht aus",
            "Setzen Sie den Zähler in zehn Sekunden zurück, oder finden Sie heraus, warum die Maschine weiter fragt.",
            """
Die Leuchte zählt Liter, nicht Kalk. Sie geht aus, wenn die Maschine einen ganzen Entkalkungslauf von Anfang bis Ende
gesehen hat.

## Zurücksetzen

1. Schalten Sie die Maschine am Knopf aus, nicht am Stecker.
2. Halten Sie **Dampf** und **zwei Tassen** zusammen gedrückt und schalten Sie ein.
3. Halten Sie beide, bis die Leuchte dreimal blinkt.

## Wenn sie innerhalb eines Tages wiederkommt

Der Lauf wurde unterbrochen: Der Tank wurde angehoben oder die Maschine zwischendurch ausgeschaltet. Lassen Sie einen Liter
klares Wasser durchlaufen, ohne den Tank anzuheben, und setzen Sie dann noch einmal zurück.

Bleibt der Durchfluss nach zwei Läufen langsam, ist ein Ventil verstopft. [Eröffnen Sie ein Ticket](/account/tickets/new) mit der
Seriennummer vom Schild unter der Tropfschale, und wir kümmern uns um die Reparatur.
""",
        ),
        "es": (
            "La luz de descalcificación no se apaga",
            "Pon el contador a cero en diez segundos, o averigua por qué la máquina sigue insistiendo.",
            """
La luz cuenta litros, no cal. Se apaga cuando la máquina ha visto una descalcificación completa, de principio a fin.

## Ponerla a cero

1. Apaga la máquina con el botón, no desenchufándola.
2. Mantén pulsados **vapor** y **dos tazas** a la vez y enciende.
3. Mantenlos pulsados hasta que la luz parpadee tres veces.

## Si vuelve en un día

El proceso se interrumpió: se levantó el depósito o se apagó la máquina a medias. Haz pasar un litro de agua limpia sin
levantar el depósito y vuelve a ponerla a cero.

Si el agua sigue saliendo despacio después de dos veces, hay una válvula obstruida. [Abre una consulta](/account/tickets/new) con
el número de serie de la placa que está bajo la bandeja y organizamos la reparación.
""",
        ),
        "hu": (
            "Nem alszik ki a vízkőtelenítés lámpája",
            "Nullázza a számlálót tíz másodperc alatt, vagy derítse ki, miért jelez tovább a gép.",
            """
A lámpa litereket számol, nem vízkövet. Akkor alszik ki, ha a gép egy teljes vízkőtelenítést látott az elejétől a végéig.

## Nullázás

1. A gombbal kapcsolja ki a gépet, ne a csatlakozót húzza ki.
2. Tartsa lenyomva egyszerre a **gőz** és a **két csésze** gombot, és kapcsolja be.
3. Tartsa mindkettőt lenyomva, amíg a lámpa háromszor felvillan.

## Ha egy napon belül visszatér

A folyamat megszakadt: közben felemelték a tartályt, vagy kikapcsolták a gépet. Engedjen át egy liter tiszta vizet a tartály
felemelése nélkül, majd nullázza újra.

Ha a víz két átöblítés után is lassan folyik, egy szelep eldugult. [Nyisson bejelentést](/account/tickets/new) a csepptálca alatti
táblán lévő gyári számmal, és megszervezzük a javítást.
""",
        ),
        "pt": (
            "A luz de descalcificação não se apaga",
            "Reponha o contador em dez segundos, ou descubra porque é que a máquina continua a pedir.",
            """
A luz conta litros, não calcário. Apaga-se quando a máquina viu uma descalcificação completa, do princípio ao fim.

## Repor

1. Desligue a máquina no botão, não na ficha.
2. Mantenha premidos **vapor** e **duas chávenas** ao mesmo tempo e ligue.
3. Mantenha-os premidos até a luz piscar três vezes.

## Se voltar dentro de um dia

O processo foi interrompido: o depósito foi levantado ou a máquina foi desligada a meio. Faça passar um litro de água limpa
sem levantar o depósito e reponha novamente.

Se a água continuar a sair devagar depois de duas vezes, há uma válvula entupida. [Abra um pedido de apoio](/account/tickets/new)
com o número de série da placa por baixo do tabuleiro e tratamos da reparação.
""",
        ),
    },
    "clean-the-milk-system": {
        "de": (
            "Das Milchsystem reinigen",
            "Nach jedem Getränk spülen, jeden Abend waschen: Milch verzeiht nichts.",
            """
Milch trocknet in Minuten und verdirbt in Stunden.

- **Nach jedem Getränk**: Öffnen Sie den Dampf zwei Sekunden lang in ein Tuch, und wischen Sie die Lanze ab.
- **Jeden Abend**: Ziehen Sie eine Tasse warmes Wasser mit einer Verschlusskappe Milchreiniger durch den Schlauch, warten Sie
  fünf Minuten, und ziehen Sie zwei Tassen klares Wasser nach.
- **Jede Woche**: Nehmen Sie den Aufschäumer auseinander. Alle Teile dürfen in den oberen Korb der Spülmaschine, außer der
  Silikondichtung.

Ein Aufschäumer, der spuckt oder pfeift, hat fast immer ein verschmutztes Luftventil: Schrauben Sie es ab, weichen Sie es in
warmem Wasser ein, und reinigen Sie das Loch mit der Nadel, die Ihrer Maschine beilag.
""",
        ),
        "es": (
            "Limpiar el sistema de leche",
            "Un enjuague después de cada bebida, un lavado cada noche: la leche no perdona nada.",
            """
La leche se seca en minutos y se estropea en horas.

- **Después de cada bebida**: abre el vapor dos segundos sobre un paño y limpia el vaporizador.
- **Cada noche**: haz pasar por el tubo una taza de agua templada con un tapón de limpiador de leche, espera cinco minutos y
  haz pasar dos tazas de agua limpia.
- **Cada semana**: desmonta el espumador. Todas sus piezas pueden ir en la bandeja superior del lavavajillas, menos la junta de
  silicona.

Un espumador que escupe o silba casi siempre tiene sucia la válvula de aire: desenróscala, déjala en remojo en agua templada y
limpia el orificio con la aguja que venía con tu máquina.
""",
        ),
        "hu": (
            "A tejrendszer tisztítása",
            "Öblítés minden ital után, mosás minden este: a tej semmit sem bocsát meg.",
            """
A tej percek alatt rászárad, órák alatt megromlik.

- **Minden ital után**: engedje a gőzt két másodpercig egy kendőbe, és törölje le a gőzcsövet.
- **Minden este**: szívasson át a csövön egy csésze langyos vizet egy kupaknyi tejrendszer-tisztítóval, várjon öt percet, majd
  engedjen át két csésze tiszta vizet.
- **Minden héten**: szedje szét a habosítót. A szilikontömítés kivételével minden alkatrésze mehet a mosogatógép felső
  kosarába.

A köpködő vagy sípoló habosítónak szinte mindig szennyezett a levegőszelepe: csavarja le, áztassa langyos vízbe, és tisztítsa
ki a nyílást a géphez kapott tűvel.
""",
        ),
        "pt": (
            "Limpar o sistema de leite",
            "Enxaguar depois de cada bebida, lavar todas as noites: o leite não perdoa nada.",
            """
O leite seca em minutos e estraga-se em horas.

- **Depois de cada bebida**: abra o vapor durante dois segundos sobre um pano e limpe o tubo.
- **Todas as noites**: faça passar pelo tubo uma chávena de água morna com uma tampa de produto de limpeza de leite, espere
  cinco minutos e faça passar duas chávenas de água limpa.
- **Todas as semanas**: desmonte o espumador. Todas as peças podem ir ao cesto de cima da máquina de lavar loiça, exceto o
  vedante de silicone.

Um espumador que cospe ou assobia tem quase sempre a válvula de ar suja: desaperte-a, deixe-a de molho em água morna e limpe o
orifício com a agulha que veio com a sua máquina.
""",
        ),
    },
    "choose-a-grind-setting": {
        "de": (
            "Den richtigen Mahlgrad finden",
            "Dreißig Gramm in dreißig Sekunden: wie Sie mit drei Bezügen hinkommen.",
            """
Beginnen Sie für Espresso mit 15 g Kaffee, und zielen Sie auf **30 g in der Tasse in 25 bis 30 Sekunden**.

- Zu schnell und sauer: **feiner** mahlen, eine Raste nach der anderen.
- Zu langsam und bitter: **gröber** mahlen.
- Verstellen Sie den Mahlgrad nur, während die Mühle läuft.

Gießen Sie nach jeder Änderung den ersten Bezug weg: Darin ist noch Kaffee der alten Einstellung.

| Zubereitung | Rasten an unseren Mühlen |
|---|---|
| Espresso | 4 bis 9 |
| Mokakanne | 10 bis 14 |
| Filter | 18 bis 24 |
| Pressstempelkanne | 28 bis 32 |
""",
        ),
        "es": (
            "Encontrar la molienda justa",
            "Treinta gramos en treinta segundos: cómo llegar en tres intentos.",
            """
Para espresso, empieza con 15 g de café y busca **30 g en la taza en 25 a 30 segundos**.

- Demasiado rápido y ácido: muele **más fino**, punto a punto.
- Demasiado lento y amargo: muele **más grueso**.
- Cambia el ajuste solo con el molinillo en marcha.

Después de cada cambio, tira el primer café: todavía lleva molienda del ajuste anterior.

| Preparación | Puntos en nuestros molinillos |
|---|---|
| Espresso | 4 a 9 |
| Cafetera italiana | 10 a 14 |
| Filtro | 18 a 24 |
| Prensa francesa | 28 a 32 |
""",
        ),
        "hu": (
            "A megfelelő őrlési finomság",
            "Harminc gramm harminc másodperc alatt: így érhet el idáig három főzéssel.",
            """
Eszpresszóhoz kezdje 15 g kávéval, és célozzon **30 g-ot a csészében 25–30 másodperc alatt**.

- Túl gyors és savanyú: őröljön **finomabbra**, fokozatonként.
- Túl lassú és keserű: őröljön **durvábbra**.
- A beállítást csak működő őrlőnél változtassa.

Minden változtatás után öntse ki az első kávét: abban még a korábbi beállítás őrleménye van.

| Elkészítés | Fokozat az őrlőinken |
|---|---|
| Eszpresszó | 4–9 |
| Kotyogós | 10–14 |
| Filter | 18–24 |
| Dugattyús kávéfőző | 28–32 |
""",
        ),
        "pt": (
            "Encontrar a moagem certa",
            "Trinta gramas em trinta segundos: como lá chegar em três cafés.",
            """
Para expresso, comece com 15 g de café e procure **30 g na chávena em 25 a 30 segundos**.

- Demasiado rápido e ácido: moa **mais fino**, um ponto de cada vez.
- Demasiado lento e amargo: moa **mais grosso**.
- Altere o ajuste só com o moinho a trabalhar.

Depois de cada alteração, deite fora o primeiro café: ainda traz moagem do ajuste anterior.

| Preparação | Pontos nos nossos moinhos |
|---|---|
| Expresso | 4 a 9 |
| Cafeteira italiana | 10 a 14 |
| Filtro | 18 a 24 |
| Prensa francesa | 28 a 32 |
""",
        ),
    },
    "where-is-my-order": {
        "de": (
            "Wo ist meine Bestellung?",
            "Verfolgen Sie jeden Schritt von der Bestellung bis zur Lieferung, mit und ohne Konto.",
            """
Jede Bestellung hat eine Seite, die jeden Schritt mit seiner Zeit zeigt: bestellt, bezahlt, gepackt, versandt, geliefert.

- **Mit Konto**: [Ihre Bestellungen](/account/orders).
- **Als Gast**: Der Link in Ihrer Bestätigungs-E-Mail öffnet dieselbe Seite.

Wir packen an Werktagen. Was bis 14 Uhr bestellt und bezahlt ist, geht am selben Tag hinaus; innerhalb Deutschlands dauert es
ein bis zwei Tage, innerhalb der Europäischen Union zwei bis fünf.

Hat sich die Sendung drei Werktage lang nicht bewegt? Sagen Sie es uns im Chat, oder [eröffnen Sie ein Ticket](/account/tickets/new).
Sie müssen nichts heraussuchen: Wir sehen, welche Bestellung Sie meinen.
""",
        ),
        "es": (
            "¿Dónde está mi pedido?",
            "Sigue cada paso, desde que lo haces hasta que llega, con o sin cuenta.",
            """
Cada pedido tiene una página que muestra cada paso con su hora: hecho, pagado, preparado, enviado, entregado.

- **Con cuenta**: [Tus pedidos](/account/orders).
- **Como invitado**: el enlace de tu correo de confirmación abre la misma página.

Preparamos los pedidos en días laborables. Lo que se pide y se paga antes de las 14:00 sale el mismo día; dentro de Alemania
tarda uno o dos días, dentro de la Unión Europea de dos a cinco.

¿El seguimiento no se ha movido en tres días laborables? Dínoslo por chat o [abre una consulta](/account/tickets/new). No tienes que
buscar nada: vemos a qué pedido te refieres.
""",
        ),
        "hu": (
            "Hol van a rendelésem?",
            "Kövesse minden lépését a megrendeléstől a kézbesítésig, fiókkal vagy anélkül.",
            """
Minden rendelésnek van egy oldala, amely időponttal mutatja a lépéseket: megrendelve, kifizetve, becsomagolva, feladva,
kézbesítve.

- **Fiókkal**: [Az Ön rendelései](/account/orders).
- **Vendégként**: a visszaigazoló e-mailben lévő hivatkozás ugyanezt az oldalt nyitja meg.

Munkanapokon csomagolunk. Amit 14 óráig megrendelnek és kifizetnek, még aznap elindul; Németországon belül egy-két nap, az
Európai Unión belül kettő-öt nap alatt ér oda.

Három munkanapja nem mozdult a csomag? Írja meg csevegésben, vagy [nyisson bejelentést](/account/tickets/new). Nem kell
kikeresnie semmit: látjuk, melyik rendelésről van szó.
""",
        ),
        "pt": (
            "Onde está a minha encomenda?",
            "Siga cada passo, da encomenda à entrega, com ou sem conta.",
            """
Cada encomenda tem uma página que mostra cada passo com a sua hora: encomendada, paga, preparada, enviada, entregue.

- **Com conta**: [As suas encomendas](/account/orders).
- **Como convidado**: a ligação do e-mail de confirmação abre a mesma página.

Preparamos encomendas nos dias úteis. O que é encomendado e pago antes das 14:00 sai no mesmo dia; dentro da Alemanha demora um
a dois dias, dentro da União Europeia dois a cinco.

O seguimento não avança há três dias úteis? Diga-nos no chat ou [abra um pedido de apoio](/account/tickets/new). Não precisa de
procurar nada: vemos de que encomenda se trata.
""",
        ),
    },
    "change-or-cancel-an-order": {
        "de": (
            "Eine Bestellung ändern oder stornieren",
            "Bis sie gepackt ist, lässt sich eine Bestellung ändern. Danach lässt sie sich zurückgeben.",
            """
Bis eine Bestellung gepackt ist, können wir die Adresse ändern, etwas hinzufügen oder sie stornieren. Am schnellsten geht es im
Chat, oder Sie antworten auf Ihre Bestätigungs-E-Mail.

Wurde eine stornierte Bestellung mit Karte bezahlt, erstatten wir sofort; bei Ihrer Bank erscheint es innerhalb von drei bis
fünf Werktagen. Eine Überweisung geht auf das Konto zurück, von dem sie kam.

Hat uns eine Bestellung verlassen, können wir sie nicht zurückrufen. Nehmen Sie das Paket nicht an, oder
[geben Sie es zurück](/help/articles/return-something): Das kostet Sie nichts.
""",
        ),
        "es": (
            "Cambiar o cancelar un pedido",
            "Hasta que se prepara, un pedido se puede cambiar. Después, se puede devolver.",
            """
Hasta que un pedido se prepara podemos cambiar la dirección, añadir cosas o cancelarlo. Escríbenos por chat, que es lo más
rápido, o responde a tu correo de confirmación.

Un pedido cancelado que se pagó con tarjeta se reembolsa al momento; tu banco lo muestra en tres a cinco días laborables. Una
transferencia vuelve a la cuenta de la que vino.

Cuando un pedido ya ha salido, no podemos hacerlo volver. Rechaza el paquete o
[devuélvelo](/help/articles/return-something): no te cuesta nada.
""",
        ),
        "hu": (
            "Rendelés módosítása vagy törlése",
            "Becsomagolásig a rendelés módosítható. Utána visszaküldhető.",
            """
Amíg a rendelést be nem csomagoltuk, módosíthatjuk a címet, hozzátehetünk valamit, vagy törölhetjük. Írjon csevegésben, ez a
leggyorsabb, vagy válaszoljon a visszaigazoló e-mailre.

A kártyával fizetett, törölt rendelés árát azonnal visszatérítjük; a bankjánál három-öt munkanapon belül jelenik meg. Az
átutalás arra a számlára megy vissza, amelyről érkezett.

Ha a rendelés már elindult, nem tudjuk visszahívni. Ne vegye át a csomagot, vagy
[küldje vissza](/help/articles/return-something): Önnek nem kerül semmibe.
""",
        ),
        "pt": (
            "Alterar ou cancelar uma encomenda",
            "Até ser preparada, uma encomenda pode ser alterada. Depois, pode ser devolvida.",
            """
Até uma encomenda ser preparada podemos alterar a morada, acrescentar artigos ou cancelá-la. Escreva-nos no chat, a forma mais
rápida, ou responda ao e-mail de confirmação.

Uma encomenda cancelada que foi paga com cartão é reembolsada de imediato; o seu banco mostra-o em três a cinco dias úteis. Uma
transferência volta à conta de onde veio.

Depois de sair, uma encomenda já não pode ser chamada de volta. Recuse o pacote ou
[devolva-o](/help/articles/return-something): não lhe custa nada.
""",
        ),
    },
    "ways-to-pay": {
        "de": (
            "Zahlungsarten, und wie Sie eine Rechnung bezahlen",
            "Karte, Überweisung oder, für Büros, auf Rechnung; jede offene Rechnung lässt sich online bezahlen.",
            """
- **Karte**: Visa, Mastercard und American Express. Ihre Bank kann Sie bitten, die Zahlung zu bestätigen. Kartennummern berühren
  unsere eigenen Systeme nie.
- **Überweisung**: Wir halten Ihre Ware sieben Tage lang zurück. Geben Sie die Rechnungsnummer als Verwendungszweck an.
- **Auf Rechnung**: für Büros, nach einer kurzen Prüfung. Zahlbar innerhalb von vierzehn Tagen.

## Eine offene Rechnung bezahlen

Öffnen Sie [Ihre Rechnungen](/account/invoices), und wählen Sie **Bezahlen**, oder nehmen Sie den Link in der Rechnungs-E-Mail: Er
öffnet die Rechnung ohne Anmeldung. Eine Rechnung, die gerade bezahlt wird, kann nicht zweimal bezahlt werden.

Brauchen Sie eine USt-IdNr. oder eine Bestellnummer auf der Rechnung? Antworten Sie vor der Zahlung auf die Rechnungs-E-Mail.
""",
        ),
        "es": (
            "Formas de pago y cómo pagar una factura",
            "Tarjeta, transferencia o a cuenta para oficinas; cualquier factura pendiente se puede pagar en línea.",
            """
- **Tarjeta**: Visa, Mastercard y American Express. Tu banco puede pedirte que confirmes el pago. Los números de tarjeta nunca
  tocan nuestros sistemas.
- **Transferencia**: te guardamos los artículos siete días. Pon el número de factura en el concepto.
- **A cuenta**: para oficinas, después de una breve comprobación. Se paga en catorce días.

## Pagar una factura pendiente

Abre [Tus facturas](/account/invoices) y elige **Pagar**, o usa el enlace del correo de la factura: la abre sin iniciar sesión. Una
factura que se está pagando no se puede pagar dos veces.

¿Necesitas un NIF-IVA o un número de pedido interno en la factura? Responde al correo de la factura antes de pagarla.
""",
        ),
        "hu": (
            "Fizetési módok és a számlák kifizetése",
            "Kártya, átutalás, vagy irodáknak számlára; minden nyitott számla kifizethető online.",
            """
- **Kártya**: Visa, Mastercard és American Express. A bankja kérheti a fizetés megerősítését. A kártyaszámok soha nem érintik a
  saját rendszereinket.
- **Átutalás**: hét napig félretesszük a termékeket. A közleménybe írja a számla számát.
- **Számlára**: irodáknak, rövid ellenőrzés után. Fizetendő tizennégy napon belül.

## Nyitott számla kifizetése

Nyissa meg [a számláit](/account/invoices), és válassza a **Fizetés** lehetőséget, vagy használja a számlás e-mailben lévő
hivatkozást: bejelentkezés nélkül megnyitja a számlát. Amit éppen fizetnek, azt nem lehet kétszer kifizetni.

Adószámra vagy megrendelésszámra van szüksége a számlán? Fizetés előtt válaszoljon a számlás e-mailre.
""",
        ),
        "pt": (
            "Formas de pagamento e como pagar uma fatura",
            "Cartão, transferência ou, para escritórios, a crédito; qualquer fatura em aberto pode ser paga online.",
            """
- **Cartão**: Visa, Mastercard e American Express. O seu banco pode pedir-lhe que confirme o pagamento. Os números de cartão
  nunca passam pelos nossos sistemas.
- **Transferência bancária**: guardamos os artigos durante sete dias. Indique o número da fatura na referência.
- **A crédito**: para escritórios, após uma breve verificação. A pagar em catorze dias.

## Pagar uma fatura em aberto

Abra [As suas faturas](/account/invoices) e escolha **Pagar**, ou use a ligação do e-mail da fatura: abre-a sem iniciar sessão. Uma
fatura que está a ser paga não pode ser paga duas vezes.

Precisa de um NIF ou de um número de nota de encomenda na fatura? Responda ao e-mail da fatura antes de pagar.
""",
        ),
    },
    "coffee-subscription": {
        "de": (
            "Ein Kaffee-Abo anhalten oder ändern",
            "Eine Lieferung auslassen, die Bohnen wechseln oder ganz aufhören: bis zwei Tage vor dem Versand.",
            """
Ein Abo hat keine Mindestlaufzeit. Bis **zwei Tage** bevor das nächste Paket hinausgeht, können Sie

- eine Lieferung auslassen,
- Bohnen, Mahlgrad oder Menge ändern,
- den Tag verschieben,
- bis zu drei Monate pausieren oder aufhören.

Antworten Sie auf eine Abo-E-Mail, oder schreiben Sie uns im Chat. An Werktagen bestätigen wir innerhalb einer Stunde.
""",
        ),
        "es": (
            "Pausar o cambiar una suscripción de café",
            "Sáltate un envío, cambia el café o déjalo del todo, hasta dos días antes de que salga.",
            """
Una suscripción no tiene duración mínima. Hasta **dos días antes** de que salga el próximo paquete puedes

- saltarte un envío,
- cambiar el café, la molienda o la cantidad,
- mover el día,
- pausarla hasta tres meses, o dejarla.

Responde a cualquier correo de la suscripción o escríbenos por chat. En días laborables te lo confirmamos en menos de una hora.
""",
        ),
        "hu": (
            "Kávé-előfizetés szüneteltetése vagy módosítása",
            "Hagyjon ki egy szállítást, váltson kávét, vagy mondja le: két nappal az indulás előttig.",
            """
Az előfizetésnek nincs minimális időtartama. **Két nappal** a következő csomag indulása előttig

- kihagyhat egy szállítást,
- módosíthatja a kávét, az őrlést vagy a mennyiséget,
- áthelyezheti a napot,
- legfeljebb három hónapra szüneteltetheti, vagy lemondhatja.

Válaszoljon bármelyik előfizetéses e-mailre, vagy írjon csevegésben. Munkanapokon egy órán belül visszaigazoljuk.
""",
        ),
        "pt": (
            "Pausar ou alterar uma assinatura de café",
            "Salte uma entrega, mude o café ou pare de vez, até dois dias antes do envio.",
            """
Uma assinatura não tem duração mínima. Até **dois dias antes** de sair o próximo pacote pode

- saltar uma entrega,
- mudar o café, a moagem ou a quantidade,
- mudar o dia,
- pausar até três meses, ou parar.

Responda a qualquer e-mail da assinatura ou escreva-nos no chat. Nos dias úteis, confirmamos dentro de uma hora.
""",
        ),
    },
    "return-something": {
        "de": (
            "So geben Sie etwas zurück",
            "Dreißig Tage, kostenlos, und das Geld ist fünf Tage nach der Ankunft zurück.",
            """
Sie können alles innerhalb von **dreißig Tagen** nach der Lieferung ohne Angabe von Gründen zurückgeben. Nach dem Gesetz wären es
vierzehn.

1. [Eröffnen Sie ein Ticket](/account/tickets/new), und nennen Sie Bestellung und Artikel.
2. Wir schicken Ihnen ein Etikett per E-Mail. Es kostet Sie nichts.
3. Verpacken Sie den Artikel, wenn möglich im eigenen Karton, und geben Sie ihn ab.

Wir erstatten innerhalb von fünf Tagen nach der Ankunft, auf die Karte oder das Konto, von dem bezahlt wurde. Eine Maschine
dürfen Sie ausprobieren wie im Geschäft; bitte leeren Sie die Tanks.

Geöffnete Bohnen können wir nicht wieder verkaufen. Wenn sie Ihnen nicht schmecken, sagen Sie es uns: Wir finden lieber welche,
die es tun.
""",
        ),
        "es": (
            "Cómo devolver algo",
            "Treinta días, gratis, y el dinero vuelve en los cinco días siguientes a la llegada.",
            """
Puedes devolver cualquier cosa en los **treinta días** siguientes a la entrega, sin dar ningún motivo. Por ley serían catorce.

1. [Abre una consulta](/account/tickets/new) y di qué pedido y qué artículo.
2. Te enviamos una etiqueta por correo. No te cuesta nada.
3. Empaqueta el artículo, si puede ser en su caja, y entrégalo.

Reembolsamos en los cinco días siguientes a su llegada, a la tarjeta o cuenta que pagó. Una máquina se puede usar como se
probaría en una tienda; vacía los depósitos, por favor.

El café abierto no se puede volver a vender. Si no te gusta, dínoslo: preferimos encontrar uno que sí.
""",
        ),
        "hu": (
            "Hogyan küldhet vissza valamit",
            "Harminc nap, díjmentesen, és a pénz a megérkezéstől számított öt napon belül visszakerül.",
            """
A kézbesítéstől számított **harminc napon** belül bármit indoklás nélkül visszaküldhet. A törvény szerint tizennégy lenne.

1. [Nyisson bejelentést](/account/tickets/new), és írja meg, melyik rendelésről és termékről van szó.
2. E-mailben küldünk egy címkét. Önnek nem kerül semmibe.
3. Csomagolja be a terméket, lehetőleg a saját dobozába, és adja fel.

A megérkezésétől számított öt napon belül visszatérítünk arra a kártyára vagy számlára, amelyről fizettek. A gépet úgy
használhatja, ahogyan egy üzletben kipróbálná; kérjük, ürítse ki a tartályokat.

A felbontott kávét nem adhatjuk el újra. Ha nem ízlik, szóljon: inkább keresünk olyat, amelyik igen.
""",
        ),
        "pt": (
            "Como devolver alguma coisa",
            "Trinta dias, sem custos, e o dinheiro volta nos cinco dias após a chegada.",
            """
Pode devolver qualquer artigo nos **trinta dias** seguintes à entrega, sem indicar motivo. Por lei seriam catorze.

1. [Abra um pedido de apoio](/account/tickets/new) e diga qual a encomenda e o artigo.
2. Enviamos-lhe uma etiqueta por e-mail. Não lhe custa nada.
3. Embale o artigo, se puder na caixa original, e entregue-o.

Reembolsamos nos cinco dias após a chegada, para o cartão ou a conta que pagou. Uma máquina pode ser usada como se
experimentaria numa loja; esvazie os depósitos, por favor.

O café aberto não pode voltar a ser vendido. Se não gostar, diga-nos: preferimos encontrar um de que goste.
""",
        ),
    },
    "warranty": {
        "de": (
            "Was die Garantie abdeckt",
            "Drei Jahre auf jede Maschine für zu Hause, Ersatzteile für fünfzehn, und was zu tun ist, wenn etwas kaputtgeht.",
            """
Jede Maschine und jede Mühle für zu Hause hat **drei Jahre** Garantie. Maschinen für Cafés und Büros, die den ganzen Tag
arbeiten, haben **zwei Jahre**; für sie gibt es einen Wartungsvertrag. Ersatzteile halten wir **fünfzehn Jahre** bereit. Die
Rechnung ist der Nachweis; Karton oder Karte müssen Sie nicht aufheben.

Abgedeckt ist, was bei üblichem Gebrauch ausfällt: das Teil, die Arbeit, der Weg hin und zurück. Nicht abgedeckt sind Dichtungen
und Mahlwerke, die sich abnutzen, Kalk sowie Schäden durch Sturz oder Frost.

Geht etwas kaputt, [eröffnen Sie ein Ticket](/account/tickets/new). Ein kurzer Film davon, was die Maschine tut, erspart ihr oft
die Reise. Die meisten Reparaturen dauern fünf Werktage; zu Büros mit Wartungsvertrag kommt ein Techniker innerhalb von zwei.
""",
        ),
        "es": (
            "Qué cubre la garantía",
            "Tres años en todas las máquinas para casa, piezas durante quince, y qué hacer cuando algo se rompe.",
            """
Cada máquina y cada molinillo para casa tienen **tres años** de garantía comercial. Las máquinas para cafeterías y oficinas, que
trabajan todo el día, tienen **dos años** y pueden llevar un contrato de servicio. Guardamos piezas durante **quince años**. La
factura es la prueba; no hace falta guardar la caja ni una tarjeta. Tus derechos legales no cambian por ello.

Cubre lo que falle con un uso normal: la pieza, el trabajo y el viaje de ida y vuelta. No cubre las juntas y muelas que se
desgastan, la cal ni los daños por caídas o heladas.

Si algo se rompe, [abre una consulta](/account/tickets/new). Un vídeo corto de lo que hace la máquina muchas veces le ahorra el
viaje. La mayoría de las reparaciones llevan cinco días laborables; a las oficinas con contrato de servicio llega un técnico en
dos.
""",
        ),
        "hu": (
            "Mire terjed ki a garancia",
            "Minden otthoni gépre három év, alkatrész tizenöt évig, és hogy mi a teendő, ha elromlik valami.",
            """
Minden otthoni gépre és őrlőre **három év** garancia jár. A kávézókba és irodákba szánt, egész nap dolgozó gépekre **két év**,
ezekhez szervizszerződés köthető. Alkatrészt **tizenöt évig** tartunk. A számla az igazolás; a dobozt vagy kártyát nem kell
megőriznie.

Kiterjed mindarra, ami rendes használat mellett meghibásodik: az alkatrészre, a munkára és az oda-vissza szállításra. Nem terjed
ki a kopó tömítésekre és őrlőfejekre, a vízkőre, valamint az esésből vagy fagyásból eredő károkra.

Ha elromlik valami, [nyisson bejelentést](/account/tickets/new). Egy rövid felvétel arról, mit csinál a gép, gyakran megspórolja
az utat. A legtöbb javítás öt munkanap; szervizszerződéssel rendelkező irodákhoz két napon belül jön szerelő.
""",
        ),
        "pt": (
            "O que a garantia cobre",
            "Três anos em todas as máquinas para casa, peças durante quinze, e o que fazer quando algo se avaria.",
            """
Cada máquina e cada moinho para casa têm **três anos** de garantia comercial. As máquinas para cafés e escritórios, que trabalham
o dia todo, têm **dois anos** e podem ter um contrato de assistência. Guardamos peças durante **quinze anos**. A fatura é a prova;
não precisa de guardar a caixa nem um cartão. Os seus direitos legais não mudam por isso.

Cobre o que falhar com uso normal: a peça, o trabalho e a viagem de ida e volta. Não cobre vedantes e mós que se gastam,
calcário, nem danos por quedas ou gelo.

Se algo se avariar, [abra um pedido de apoio](/account/tickets/new). Um pequeno vídeo do que a máquina faz poupa-lhe muitas vezes a
viagem. A maioria das reparações demora cinco dias úteis; a escritórios com contrato de assistência vai um técnico em dois.
""",
        ),
    },
    "machine-does-not-heat": {
        "de": (
            "Meine Maschine wird nicht heiß",
            "Drei Dinge, die Sie prüfen können, bevor Sie sie einschicken.",
            """
1. **Der Tank.** Ohne Wasser heizt eine Maschine nicht. Drücken Sie den Tank nach unten, bis er einrastet.
2. **Die Sicherheitsabschaltung.** Nach einem Trockenlauf muss der Kessel eine Stunde abkühlen. Drücken Sie dann mit einem Stift
   den kleinen roten Knopf unter der Tassenablage.
3. **Die Steckdose.** Versuchen Sie eine andere, ohne Zeitschaltuhr und Verlängerung.

Löst sie die Sicherung aus, ziehen Sie den Stecker, und versuchen Sie es nicht noch einmal.
[Eröffnen Sie ein Ticket](/account/tickets/new): Eine Maschine mit [Garantie](/help/articles/warranty) wird kostenlos repariert.
""",
        ),
        "es": (
            "Mi máquina no se calienta",
            "Tres cosas que comprobar antes de enviarla.",
            """
1. **El depósito.** Una máquina sin agua no se calienta. Empuja el depósito hacia abajo hasta que encaje.
2. **El corte de seguridad.** Si ha funcionado en seco, la caldera tiene que enfriarse una hora. Después pulsa con un bolígrafo el
   botoncito rojo que está bajo la bandeja de las tazas.
3. **El enchufe.** Prueba otro, sin temporizador ni alargador.

Si hace saltar el fusible, desenchúfala y no lo intentes más. [Abre una consulta](/account/tickets/new): una máquina en
[garantía](/help/articles/warranty) se repara gratis.
""",
        ),
        "hu": (
            "Nem melegszik fel a gépem",
            "Három dolog, amelyet ellenőrizhet, mielőtt beküldi.",
            """
1. **A tartály.** Víz nélkül a gép nem fűt. Nyomja le a tartályt, amíg be nem kattan.
2. **A biztonsági kioldó.** Ha szárazon működött, a kazánnak egy órát hűlnie kell. Utána nyomja meg egy tollal a csészetartó alatti
   kis piros gombot.
3. **A konnektor.** Próbáljon ki egy másikat, időzítő és hosszabbító nélkül.

Ha leveri a biztosítékot, húzza ki, és ne próbálja újra. [Nyisson bejelentést](/account/tickets/new): a
[garanciális](/help/articles/warranty) gépet díjmentesen megjavítjuk.
""",
        ),
        "pt": (
            "A minha máquina não aquece",
            "Três coisas a verificar antes de a enviar.",
            """
1. **O depósito.** Uma máquina sem água não aquece. Empurre o depósito para baixo até encaixar.
2. **O corte de segurança.** Depois de trabalhar em seco, a caldeira tem de arrefecer uma hora. Carregue então com uma caneta no
   pequeno botão vermelho por baixo do tabuleiro das chávenas.
3. **A tomada.** Experimente outra, sem temporizador nem extensão.

Se fizer disparar o disjuntor, desligue-a da tomada e não tente mais. [Abra um pedido de apoio](/account/tickets/new): uma máquina
com [garantia](/help/articles/warranty) é reparada sem custos.
""",
        ),
    },
    "order-a-spare-part": {
        "de": (
            "Das richtige Ersatzteil finden",
            "Die Seriennummer sagt alles: wo sie steht und was Sie damit tun.",
            """
Die Seriennummer steht auf dem Schild unter der Tropfschale: zwei Buchstaben und sechs Ziffern. Die Buchstaben nennen das Modell,
also passt jedes Teil im Laden, bei dem sie aufgeführt sind.

Dichtungen, Filter und Siebe wechseln Sie ohne Werkzeug in fünf Minuten. Pumpen, Ventile und alles, was Netzspannung führt,
gehören in eine Werkstatt: [Eröffnen Sie ein Ticket](/account/tickets/new), und wir kümmern uns darum.

Ersatzteile halten wir **fünfzehn Jahre** vor, nachdem die letzte Maschine eines Modells verkauft wurde.
""",
        ),
        "es": (
            "Encontrar la pieza de recambio adecuada",
            "El número de serie lo dice todo: dónde está y qué hacer con él.",
            """
El número de serie está en la placa bajo la bandeja de goteo: dos letras y seis cifras. Las dos letras indican el modelo, así que
sirve cualquier pieza de la tienda que las mencione.

Las juntas, los filtros y los cestillos se cambian sin herramientas en cinco minutos. Las bombas, las válvulas y todo lo que lleve
tensión de red son cosa de un taller: [abre una consulta](/account/tickets/new) y lo organizamos.

Guardamos piezas durante **quince años** después de vender la última máquina de un modelo.
""",
        ),
        "hu": (
            "A megfelelő alkatrész megtalálása",
            "A gyári szám mindent elmond: hol található, és mire való.",
            """
A gyári szám a csepptálca alatti táblán áll: két betű és hat számjegy. A két betű a modellt jelöli, így minden alkatrész
illeszkedik a boltban, amely felsorolja őket.

A tömítések, szűrők és szitabetétek szerszám nélkül, öt perc alatt cserélhetők. A pumpák, szelepek és minden, ami hálózati
feszültség alatt van, műhelybe való: [nyisson bejelentést](/account/tickets/new), és megszervezzük.

Az alkatrészeket a modell utolsó eladott gépe után **tizenöt évig** tartjuk.
""",
        ),
        "pt": (
            "Encontrar a peça certa",
            "O número de série diz tudo: onde está e o que fazer com ele.",
            """
O número de série está na placa por baixo do tabuleiro de gotas: duas letras e seis algarismos. As duas letras indicam o modelo,
por isso serve qualquer peça da loja que as mencione.

Vedantes, filtros e cestos trocam-se sem ferramentas em cinco minutos. Bombas, válvulas e tudo o que tenha tensão da rede são para
uma oficina: [abra um pedido de apoio](/account/tickets/new) e tratamos disso.

Guardamos peças durante **quinze anos** após a venda da última máquina de um modelo.
""",
        ),
    },
}
