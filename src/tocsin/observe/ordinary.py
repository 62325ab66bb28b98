"""Words of every day that outlets and institutions bear as names, and the words that stand beside names."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A name of nothing but these says too little by itself: "Time", "The Times", "Die Zeit".
ORDINARY = _words(
    """
    afrique age agence agency agenda agenzia alert allgemeine angle anp ansa apa arc argus atlantic avenir balance
    banner base beacon bild blick bloomberg blue bridge brief briefing bulletin business call campus canal capital
    center centre century channel chronicle citizen city civil clarion commission compass contexte conversation
    correctiv correio corriere council courant courier courrier croix current dagblad daily date democracy depeche
    depesche diario diplomat dispatch dossier echo eco economist economy estado euro europa europe european examiner
    example express fact facts figaro financial focus folha forum forward free freedom front frontier future gazette
    general giornale global globe guardian handelsblatt herald heute hill home hope horizon hour house humanite humo
    idea independent index info information inquirer insider institut institute intelligence intercept international
    investigate irna jeune journal knack krant kurier latest lawfare leader leaders letter liberation liberte libre
    lid life light live local look mail market matin media mediaset merkur metro metropolis minute mirror moment
    monde monitor morgen morning motion moustique mundo nachrichten nation national new news newsletter nieuws nord
    nos noticias nova now obs observer office omroep online open opinion ouest outlook page pagina pais panorama
    paper parlement parliament parool people persbureau point policy politics politik politique post press presse
    profil progress project public pulse quest radio reason record red regards register report reporter reporters
    republic republica republik review right rights rundschau sana scroll sec semafor senat senate sera signal sky
    soir soleil solidarity south spectator spiegel sport sta stampa standaard standard star state stern sud sun
    sunday switch table tag tages tagesschau tagesspiegel tageszeitung tass taz tech telegraaf telegram telegraph
    temps tendances the third tijd time times today transparency trends tribune trouw truth union united university
    value verite view vif voice volk volkskrant wall watch weekly welt west who wire wired woche wochenzeitung world
    zeit zeitung
    """
)
ARTICLES = _words(
    """
    the a an le la les l un une des du de d au aux der die das dem den ein eine het een el los las il lo gli i
    """
)
# Beside a name in a signature or a display name they say that somebody writes for it.
ROLES = _words(
    """
    journalist journalists reporter reporters correspondent correspondents editor editors editorial writer columnist
    producer newsroom news newsdesk desk press media bureau office team staff chief senior deputy freelance
    contributor contributing investigative political foreign special managing researcher fellow analyst director
    officer adviser advisor secretary secretariat assistant spokesperson spokesman spokeswoman rapporteur delegate
    delegation ambassador attache attaché communications publications coordinator manager head president professor
    lecturer intern service services newsletter alert alerts online digital live today daily brussels bruxelles
    brussel europe eu international world politics group magazine journaliste journalistes rédaction redaction
    rédacteur rédactrice correspondant correspondante envoyé envoyée chroniqueur chroniqueuse éditorialiste pigiste
    chercheur chercheuse directeur directrice conseiller conseillère attachée secrétaire secrétariat porte parole
    actualités info politique chef adjoint adjointe presse redactie redacteur redactrice hoofdredacteur
    eindredacteur verslaggever verslaggeefster correspondente onderzoeker medewerker medewerkster adviseur
    woordvoerder nieuws pers persdienst politiek redaktion redakteur redakteurin chefredakteur chefredakteurin
    korrespondent korrespondentin journalistin reporterin referent referentin mitarbeiter mitarbeiterin sprecher
    sprecherin pressestelle nachrichten politik büro
    """
)
# Words that are put beside a name to make a new domain of it.
AFFIXES = _words(
    """
    account accounts actu agency alert alerts asia be belgium berlin breaking brief briefing broadcast brussel
    brussels bruxelles bureau center centre cloud club co com communication communications connect contact corp
    daily de delegation desk digital direct doc docs document documents edition editor editorial editors en eu
    europe event events express feed forum fr france gazette gb global gov group hk hq hub inbox info int
    international intl invitation invite journal journalist lettre live mag magazine mail mailer mailing mails media
    member members message messages mx my net network networks new news newsdesk newsletter newsletters newspaper
    newsroom nieuws nl now ns office offices official online org paper paris podcast politics portal post press
    presse pressoffice pressroom publish publishing radio redactie redaction redaktion report reporter reporters
    reports research review secretariat secure secured security service services share site staff story studio
    subscribe subscription support survey team telegram times today tv uk update updates us usa verify video view
    web webmail website week weekly wire world www
    """
)
# Those of them that name a place or a language: national sections write so of themselves.
PLACES = _words(
    """
    asia be belgium berlin brussel brussels bruxelles de en eu europe fr france gb global hk int intl international nl
    paris uk us usa world nederland deutschland belgie belgique lu at ch it es pl ie dk se no fi pt
    """
)
