# ruff: noqa: E501 - data, read line by line
"""Names, streets and towns to make people of; who is made of them does not exist."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A country's share of the customers, its language, and what names and addresses are made of."""

    country: str
    share: int
    locale: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[tuple[str, str], ...]
    street: str = "{street} {number}"
    surname_first: bool = False
    # A range of mobile numbers that nobody is given; empty where we know none.
    phones: str = ""


def _w(line: str) -> tuple[str, ...]:
    return tuple(line.replace("_", " ").split())


def _t(line: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (part.split("=")[0].replace("_", " "), part.split("=")[1].replace("_", " ")) for part in line.split()
    )


_DE_FIRST = _w(
    "Lena Anna Marie Lea Hannah Sophie Laura Julia Katharina Sarah Lisa Johanna Clara Nele Frieda Emma Mia Greta Paula Charlotte Ida Marlene Helene Antonia Theresa Judith Kerstin Silke Birgit Ute Jonas Lukas Paul Felix Maximilian Jakob Moritz David Tim Jan Niklas Simon Philipp Tobias Sebastian Florian Stefan Thomas Andreas Martin Oliver Markus Henrik Ole Lars Karsten Jens Uwe Dirk Ralf"
)
_DE_LAST = _w(
    "Becker Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Werner Krause Lehmann Köhler Maier König Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer"
)
_DE_STREETS = _w(
    "Hauptstraße Gartenstraße Bahnhofstraße Lindenstraße Schillerstraße Goethestraße Mozartstraße Birkenweg Ahornweg Kirchstraße Feldstraße Ringstraße Bergstraße Waldstraße Mühlenweg Rosenweg Schulstraße Am_Anger Am_Bach Wiesengrund Kastanienallee Eichenweg Uferstraße Parkstraße Marktstraße"
)
_DE_TOWNS = _t(
    "10437=Berlin 10999=Berlin 12047=Berlin 13353=Berlin 20259=Hamburg 22765=Hamburg 80469=München 81667=München 50733=Köln 60316=Frankfurt_am_Main 70197=Stuttgart 40215=Düsseldorf 04275=Leipzig 01099=Dresden 28203=Bremen 30449=Hannover 90429=Nürnberg 79102=Freiburg 72070=Tübingen 37073=Göttingen 48145=Münster 23552=Lübeck 18055=Rostock 99084=Erfurt 07743=Jena 55118=Mainz 69115=Heidelberg 53111=Bonn 42103=Wuppertal 44137=Dortmund 33602=Bielefeld 93047=Regensburg 97070=Würzburg 24103=Kiel"
)
_ES_FIRST = _w(
    "Lucía Sofía María Paula Daniela Carmen Elena Marta Laura Sara Irene Nuria Pilar Rocío Inés Alba Cristina Beatriz Hugo Mateo Martín Lucas Pablo Álvaro Diego Adrián Javier Sergio Manuel Iván Rubén Óscar Jorge Andrés Raúl Miguel"
)
_ES_LAST = _w(
    "García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Iglesias Medina Garrido Cortés Castillo Lozano Cano Prieto"
)
_HU_FIRST = _w(
    "Zsófia Anna Hanna Réka Eszter Katalin Judit Dóra Nóra Lilla Boglárka Kinga Petra Enikő Orsolya Ágnes Bence Máté Levente Dániel Ádám Gergő Balázs Tamás Zoltán Péter Gábor András Márton Attila István Csaba"
)
_HU_LAST = _w(
    "Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Takács Juhász Lakatos Mészáros Oláh Simon Rácz Fekete Szilágyi Török Fehér Balázs Gál Kis Szűcs Kocsis Orsós Pintér Fodor Szalai Sipos Magyar Lukács Gulyás Bíró Király"
)
_PT_FIRST = _w(
    "Maria Leonor Matilde Carolina Beatriz Mariana Ana Inês Sofia Rita Joana Catarina Teresa Margarida João Francisco Afonso Tomás Duarte Miguel Tiago Pedro Rui Nuno Diogo Ricardo Gonçalo Bruno Luís Hélder"
)
_PT_LAST = _w(
    "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves Gomes Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira Monteiro Cardoso Rocha Neves Coelho Cruz Cunha Pires Ramos Reis Simões Antunes Matos Fonseca"
)
_EN_FIRST = _w(
    "Claire Camille Léa Chloé Giulia Chiara Francesca Sanne Lotte Femke Eva Emma Noor Louise Manon Alice Luc Antoine Hugo Marco Luca Matteo Andrea Pieter Daan Bram Jeroen Thijs Wout Simon Nicolas Julien"
)
_FR_LAST = _w(
    "Moreau Laurent Lefebvre Roux Fournier Girard Bonnet Dupuis Lambert Fontaine Rousseau Vincent Muller Faure Mercier Blanc Guérin Boyer Garnier Chevalier"
)
_IT_LAST = _w(
    "Rossi Russo Ferrari Esposito Colombo Ricci Marino Greco Bruno Gallo Conti Costa Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro"
)
_NL_LAST = _w(
    "de_Jong Jansen de_Vries Bakker Janssen Visser Smit Meijer de_Boer Mulder de_Groot Bos Vos Peters Hendriks Dekker Brouwer de_Wit Dijkstra Smits"
)
_BE_LAST = _w(
    "Peeters Maes Jacobs Mertens Willems Claes Goossens Wouters De_Smet Dubois Lambert Dupont Simon Leclercq Verhoeven Hermans Aerts Michiels Desmet Lemmens"
)

PLACES = (
    Place("DE", 50, "de", _DE_FIRST, _DE_LAST, _DE_STREETS, _DE_TOWNS, phones="+491500"),
    Place("AT", 8, "de", _DE_FIRST, _DE_LAST, _DE_STREETS, _t("1070=Wien 1090=Wien 1160=Wien 8010=Graz 4020=Linz 5020=Salzburg 6020=Innsbruck 9020=Klagenfurt 6900=Bregenz")),
    Place("ES", 12, "es", _ES_FIRST, _ES_LAST, _w("Calle_Mayor Calle_Real Calle_del_Sol Calle_de_la_Luna Avenida_de_la_Paz Calle_San_Juan Calle_Nueva Calle_del_Carmen Paseo_del_Prado Calle_de_Alcalá Rambla_Nova Calle_Cervantes"), _t("28012=Madrid 28004=Madrid 08012=Barcelona 08015=Barcelona 46005=Valencia 41003=Sevilla 48008=Bilbao 50003=Zaragoza 29005=Málaga 37001=Salamanca 18001=Granada"), street="{street}, {number}", phones="+34510"),
    Place("HU", 10, "hu", _HU_FIRST, _HU_LAST, _w("Petőfi_utca Kossuth_Lajos_utca Rákóczi_út Ady_Endre_utca József_Attila_utca Arany_János_utca Dózsa_György_út Bartók_Béla_út Váci_út Szent_István_utca Béke_utca Fő_utca"), _t("1054=Budapest 1117=Budapest 1065=Budapest 1024=Budapest 6720=Szeged 4024=Debrecen 7621=Pécs 9021=Győr 3525=Miskolc 8000=Székesfehérvár 6000=Kecskemét 9700=Szombathely"), street="{street} {number}.", surname_first=True, phones="+36100"),
    Place("PT", 8, "pt", _PT_FIRST, _PT_LAST, _w("Rua_Augusta Rua_das_Flores Avenida_da_Liberdade Rua_de_São_João Rua_do_Comércio Rua_Nova Travessa_do_Carmo Avenida_da_República Rua_da_Boavista Rua_25_de_Abril"), _t("1100-048=Lisboa 1200-109=Lisboa 4050-253=Porto 4000-322=Porto 3000-150=Coimbra 4700-319=Braga 8000-151=Faro 2750-642=Cascais 3800-200=Aveiro"), street="{street}, {number}", phones="+351900"),
    Place("FR", 4, "en", _EN_FIRST, _FR_LAST, _w("Rue_de_la_République Rue_Victor_Hugo Avenue_Jean_Jaurès Rue_Pasteur Rue_des_Lilas Rue_du_Moulin"), _t("75011=Paris 69003=Lyon 13006=Marseille 33000=Bordeaux 67000=Strasbourg 44000=Nantes"), street="{number} {street}"),
    Place("IT", 3, "en", _EN_FIRST, _IT_LAST, _w("Via_Roma Via_Garibaldi Via_Mazzini Corso_Italia Via_Dante Via_Verdi"), _t("20121=Milano 10123=Torino 00185=Roma 40121=Bologna 50122=Firenze 16124=Genova"), street="{street}, {number}"),
    Place("NL", 3, "en", _EN_FIRST, _NL_LAST, _w("Kerkstraat Dorpsstraat Molenweg Prinsengracht Julianalaan Stationsweg"), _t("1017_AB=Amsterdam 3512_JE=Utrecht 3011_AA=Rotterdam 2513_AA=Den_Haag 9711_LM=Groningen")),
    Place("BE", 2, "en", _EN_FIRST, _BE_LAST, _w("Kerkstraat Veldstraat Stationsstraat Rue_Neuve Avenue_Louise Nieuwstraat"), _t("1000=Bruxelles 9000=Gent 2000=Antwerpen 3000=Leuven 4000=Liège")),
)  # fmt: skip

# What companies are called: a word, and what they are, by language.
TRADES = {
    "de": _w("Architekten Kanzlei Werkstatt Praxis Verlag Druckerei Bäckerei Hausverwaltung Planungsbüro Agentur Buchhandlung Tischlerei"),
    "es": _w("Estudio Asesoría Taller Imprenta Librería Clínica Gestoría Panadería Consultores Arquitectos"),
    "hu": _w("Stúdió Iroda Műhely Nyomda Könyvesbolt Rendelő Pékség Mérnökiroda Ügyvédi_Iroda"),
    "pt": _w("Estúdio Consultores Oficina Tipografia Livraria Clínica Padaria Arquitetos Gabinete"),
    "en": _w("Studio Partners Consulting Workshop Printers Books Clinic Bakery Architects Software"),
}  # fmt: skip
WORDS = _w(
    "Nordlicht Linde Kranich Anker Ginkgo Feldmann Quelle Spatz Lupine Merkur Fabula Prisma Kontur Orion Delta Aurelia Vela Rosmarin Kobalt Ahorn Terra Luma Corvus Alba Marina Solaris Mirador Alto Duna Atlas Basalt Zephir Tilia Carmo Duero Tisza Balaton Mecsek Berkel Lys"
)
MAILS = ("post.test", "mail.test", "brief.test", "correo.test", "posta.test", "home.test")

PLAIN = str.maketrans("äöüßáàâéèêëíîïóôòõúùûñçãőűÁÉÍÓÖÚÜÇŐŰÀÈ", "aousaaaeeeeiiioooouuuncaouAEIOOUUCOUAE")
