"""Sentences as people write them, by what they ask and in which language; none was used to write the phrases."""

from __future__ import annotations

SENTENCES: dict[str, dict[str, str]] = {
    "comment": {
        "en": """
What do you make of the committee's decision to postpone the hearing?
We would be grateful to hear how you see the new rules on exports.
Could I ask for your thoughts on the attached argument before it goes to print?
How do you view the government's answer to the strike?
Any reaction from your side would help us a great deal.
I was wondering where you stand on the proposed amendment.
Our readers would love to know what you think about the ruling.
It would mean a lot to have your take on this.
Might you comment on the figures published yesterday?
A short statement from you would round off the piece nicely.
Do you agree with the rapporteur on this point?
I am preparing a paper and would value your perspective on recent events in the region.
""",
        "fr": """
Que pensez-vous de la décision de reporter l'audition ?
J'aimerais beaucoup connaître votre sentiment sur la nouvelle directive.
Auriez-vous un commentaire à faire sur les chiffres publiés hier ?
Votre éclairage sur cette affaire nous serait précieux.
Comment jugez-vous la réponse du gouvernement ?
Nous souhaiterions recueillir votre reaction a la suite du vote.
Pourriez-vous réagir à ces déclarations ?
Je serais curieux de savoir ce que vous en pensez.
Quelle est votre position sur l'amendement ?
Accepteriez-vous de relire mon texte avant sa parution ?
Vos remarques sur ce projet seraient les bienvenues.
Nous voudrions avoir votre avis sur la resolution.
""",
        "nl": """
Wat vindt u van de beslissing om de hoorzitting uit te stellen?
Ik zou heel graag weten hoe u over dit voorstel denkt.
Hoe kijkt u naar het antwoord van de regering?
Zou u willen reageren op de cijfers van gisteren?
Uw kijk op deze zaak zou ons erg helpen.
Bent u het eens met de rapporteur?
We zijn benieuwd naar uw standpunt.
Mogen wij u om een korte reactie vragen?
Wat is uw inschatting van de situatie in de regio?
Hebt u opmerkingen bij de ontwerptekst?
Graag vernemen wij uw mening over het amendement.
Ik ben nieuwsgierig wat je ervan denkt.
""",
        "de": """
Was halten Sie von der Entscheidung, die Anhörung zu verschieben?
Uns würde sehr interessieren, wie Sie die neue Richtlinie bewerten.
Könnten Sie dazu kurz Stellung nehmen?
Für Ihre Einschätzung der Lage wären wir sehr dankbar.
Wie beurteilen Sie die Antwort der Regierung?
Ich wüsste gern, was Sie darüber denken.
Haben Sie Anmerkungen zu unserem Entwurf?
Teilen Sie die Auffassung der Berichterstatterin?
Mich würde Ihre Sicht auf die Ereignisse interessieren.
Ein kurzer Kommentar von Ihnen würde den Beitrag abrunden.
Wie stehen Sie zu dem Aenderungsantrag?
Wir sind gespannt auf Ihre Meinung zur Resolution.
""",
    },
    "interview": {
        "en": """
Would you be willing to give us an interview later this month?
I would love to speak to you for an article on housing.
Could we record a conversation with you for our podcast?
We would be delighted if you could appear on our programme.
May I put some questions to you for a profile we are running?
Would you be our guest in the studio on Sunday?
I have five questions for you; written answers are fine.
Are you open to talking to us on the record?
We are making a documentary and hope you will agree to be filmed.
Could I send you a few questions by mail for our next issue?
Our editor asked me to interview you about the reform.
Would a short telephone interview be possible?
""",
        "fr": """
Accepteriez-vous de nous accorder un entretien la semaine prochaine ?
Nous aimerions vous recevoir comme invité dans notre émission.
Puis-je vous poser quelques questions pour un portrait ?
Seriez-vous d'accord pour une interview téléphonique ?
Je prépare un documentaire et je souhaiterais vous entendre.
Auriez-vous un moment pour répondre à mes questions par écrit ?
Je souhaiterais vous interroger au sujet de la réforme.
Pourriez-vous nous donner une interview pour le numéro de mars ?
Nous voudrions vous avoir comme invitee de notre matinale.
Voici trois questions auxquelles nous espérons que vous répondrez.
Accepteriez-vous d'intervenir sur notre antenne ?
Notre rédaction désire réaliser une interview avec vous.
""",
        "nl": """
Zou u ons volgende week een interview willen geven?
Mag ik u enkele vragen stellen voor een portret?
Wij hadden u graag te gast in onze uitzending.
Zou u openstaan voor een kort telefonisch interview?
Ik werk aan een reportage en zou u daarvoor willen interviewen.
Kunt u vijf vragen schriftelijk beantwoorden?
Onze redactie wil graag een gesprek met u opnemen.
Wilt u meewerken aan een interview over de hervorming?
We zouden u graag aan het woord laten in onze podcast.
Mogen we je bevragen over je nieuwe boek?
Is een vraaggesprek van een kwartier mogelijk?
Hieronder vindt u onze vragen voor het artikel.
""",
        "de": """
Wären Sie bereit, uns nächste Woche ein Interview zu geben?
Dürfen wir Ihnen ein paar Fragen für ein Porträt stellen?
Wir hätten Sie gern als Gast in unserer Sendung.
Wäre ein kurzes Telefoninterview möglich?
Ich arbeite an einer Reportage und würde Sie dazu gern befragen.
Könnten Sie uns fünf Fragen schriftlich beantworten?
Unsere Redaktion möchte mit Ihnen ein Gespräch führen.
Hätten Sie Interesse an einem Interview über die Reform?
Dürften wir Sie in unserem Podcast begrüßen?
Wir würden Sie gerne vor der Kamera befragen.
Unten finden Sie unsere Fragen für den Artikel.
Stehen Sie für ein Interview zur Verfügung?
""",
    },
    "meeting": {
        "en": """
Could we meet for a coffee when you are next in town?
Do you have twenty minutes for a call this week?
Would Thursday at ten suit you?
It would be a pleasure to welcome you at our annual dinner.
Please let me know your availability for the second half of March.
Might I drop by your office on Monday?
We would like to invite you to our round table on water.
Shall we sit down together before the vote?
Are you around next Tuesday afternoon?
I will be in the capital in June and hope we can get together.
Would you be able to attend our briefing on the twelfth?
When could we have a word in person?
""",
        "fr": """
Pourrions-nous nous voir autour d'un café lors de votre passage ?
Auriez-vous un créneau pour un appel cette semaine ?
Jeudi à dix heures vous conviendrait-il ?
Nous avons le plaisir de vous inviter à notre dîner annuel.
Quelles seraient vos disponibilités en mars ?
Puis-je passer à votre bureau lundi ?
Nous vous convions à une table ronde sur l'eau.
Seriez-vous libre mardi après-midi ?
Je souhaiterais fixer un rendez-vous avec vous avant le vote.
Pourriez-vous participer à notre réunion du douze ?
Quand pourrions-nous nous parler de vive voix ?
Une rencontre serait-elle possible a votre convenance ?
""",
        "nl": """
Kunnen we eens afspreken wanneer u in de stad bent?
Heeft u deze week tijd voor een telefoongesprek?
Past donderdag om tien uur voor u?
Wij nodigen u van harte uit voor ons jaarlijkse diner.
Wanneer zou het u schikken in maart?
Mag ik maandag even langskomen op uw kantoor?
Graag zouden we u uitnodigen op een rondetafelgesprek over water.
Zullen we samenzitten voor de stemming?
Bent u dinsdagmiddag vrij?
Kunt u aanwezig zijn op onze vergadering van de twaalfde?
Ik stel voor dat we elkaar volgende week even spreken.
Zou je zin hebben in een kop koffie?
""",
        "de": """
Könnten wir uns treffen, wenn Sie das nächste Mal in der Stadt sind?
Hätten Sie diese Woche Zeit für ein Telefonat?
Würde Ihnen Donnerstag um zehn passen?
Wir laden Sie herzlich zu unserem Jahresessen ein.
Wann hätten Sie im März Zeit?
Darf ich am Montag in Ihrem Büro vorbeikommen?
Gern würden wir Sie zu einem runden Tisch über Wasser einladen.
Wollen wir uns vor der Abstimmung zusammensetzen?
Sind Sie am Dienstagnachmittag frei?
Könnten Sie an unserer Sitzung am Zwölften teilnehmen?
Ich würde gern einen Termin mit Ihnen vereinbaren.
Haetten Sie Lust auf einen Kaffee?
""",
    },
    "documents": {
        "en": """
Could you send me the minutes of last week's meeting?
Please find the programme enclosed.
Would it be possible to have a copy of the report?
I have attached my notes for your information.
May I ask you to forward the latest draft?
Kindly sign the form and return it by Friday.
Could I get the slides from your talk?
Please review the attached contract.
We still need your completed declaration; please mail it over.
Would you share the list of participants with us?
You will find the agenda in the attachment.
Do pass on any papers you may have on this.
""",
        "fr": """
Pourriez-vous m'envoyer le compte rendu de la semaine dernière ?
Vous trouverez le programme ci-joint.
Serait-il possible d'obtenir une copie du rapport ?
Je vous joins mes notes pour information.
Auriez-vous l'amabilité de nous faire parvenir la dernière version ?
Merci de signer le formulaire et de nous le retourner avant vendredi.
Le contrat est en piece jointe.
Il nous manque encore votre déclaration, merci de la transmettre.
Pourriez-vous nous communiquer la liste des participants ?
L'ordre du jour figure en annexe.
Veuillez consulter le document transmis.
Je vous serais reconnaissant de me faire suivre le projet.
""",
        "nl": """
Kunt u mij het verslag van vorige week bezorgen?
In bijlage vindt u het programma.
Zou ik een kopie van het rapport kunnen krijgen?
Ik heb mijn notities als bijlage toegevoegd.
Wilt u ons de laatste versie doorsturen?
Gelieve het formulier ondertekend terug te sturen voor vrijdag.
Bijgevoegd treft u het contract aan.
Wij missen nog uw verklaring, stuurt u die ons nog?
Kun je me de lijst van deelnemers toesturen?
De agenda zit in de bijlage.
Hierbij stuur ik u de tekst.
Heeft u de documenten van het dossier voor ons?
""",
        "de": """
Könnten Sie mir das Protokoll der letzten Woche schicken?
Anbei finden Sie das Programm.
Wäre es möglich, eine Kopie des Berichts zu erhalten?
Ich habe meine Notizen angehängt.
Würden Sie uns bitte die letzte Fassung zukommen lassen?
Bitte senden Sie das Formular unterschrieben bis Freitag zurück.
Den Vertrag finden Sie im Anhang.
Uns fehlt noch Ihre Erklärung, bitte reichen Sie sie nach.
Koennten Sie uns die Liste der Teilnehmer uebermitteln?
Die Tagesordnung liegt bei.
Bitte prüfen Sie die beigefügten Unterlagen.
Leiten Sie uns bitte den Entwurf weiter.
""",
    },
    "credentials": {
        "en": """
To keep your mailbox open, log in to your account before midnight.
Please confirm your password to avoid interruption.
We need you to verify it is you.
Your account will be suspended unless you sign in again.
Enter your username and password below to release the messages.
Your password expires in two days.
Kindly re-enter your details on the secure page to restore access.
Please upgrade your mailbox quota by signing in.
Reply with your login details so that we can migrate your mailbox.
We noticed an unusual login attempt; validate your identity.
Send us the verification code you have just received.
Reset your password within 24 hours.
""",
        "fr": """
Pour conserver votre messagerie, connectez-vous à votre compte avant minuit.
Merci de confirmer votre mot de passe.
Nous devons vérifier que c'est bien vous : validez votre identité.
Votre compte sera suspendu si vous ne vous identifiez pas.
Saisissez votre identifiant ci-dessous.
Votre mot de passe expire dans deux jours.
Veuillez mettre à jour votre compte sur la page sécurisée.
Communiquez-nous le code de vérification que vous venez de recevoir.
Une activite inhabituelle a ete detectee, verifiez votre compte.
Reconnectez-vous ici pour débloquer votre boîte.
Votre accès a été bloqué, merci de vous authentifier sur notre site.
Réinitialisez votre mot de passe sous 24 heures.
""",
        "nl": """
Log voor middernacht in op uw account om uw mailbox te behouden.
Gelieve uw wachtwoord te bevestigen.
Wij moeten uw identiteit verifiëren.
Uw account wordt geblokkeerd als u zich niet opnieuw aanmeldt.
Vul uw gebruikersnaam en wachtwoord hieronder in.
Uw wachtwoord verloopt over twee dagen.
Werk uw gegevens bij via de beveiligde pagina.
Bezorg ons de verificatiecode die u net ontving.
Er was een verdachte inlogpoging, controleer uw account.
Meld u hier aan om uw postvak vrij te geven.
U dient uw e-mailaccount te valideren.
Stel uw wachtwoord binnen 24 uur opnieuw in.
""",
        "de": """
Melden Sie sich vor Mitternacht an, um Ihr Postfach zu behalten.
Bitte bestätigen Sie Ihr Passwort.
Wir müssen Ihre Identität überprüfen.
Ihr Konto wird gesperrt, wenn Sie sich nicht erneut anmelden.
Geben Sie unten Ihren Benutzernamen und Ihr Kennwort ein.
Ihr Passwort läuft in zwei Tagen ab.
Bitte aktualisieren Sie Ihre Daten auf der sicheren Seite.
Teilen Sie uns den Bestätigungscode mit, den Sie gerade erhalten haben.
Verdächtige Anmeldeversuche: verifizieren Sie Ihr Konto.
Loggen Sie sich hier ein, um die Nachrichten freizugeben.
Ihr Konto wurde eingeschraenkt.
Setzen Sie Ihr Kennwort innerhalb von 24 Stunden zurück.
""",
    },
    "payment": {
        "en": """
Could you process the wire transfer this morning?
Please settle the invoice by Friday.
Our bank details have changed; use the new account from now on.
The balance is still outstanding.
Kindly pay the fee to release your parcel.
I need you to buy gift cards for the staff.
Can you arrange a payment of four thousand euros today?
Transfer the funds to the IBAN below.
Your payment is overdue.
Please remit the amount to our new bank account.
Are you able to approve the transfer before noon?
Send two bitcoin to this address.
""",
        "fr": """
Pourriez-vous effectuer le virement ce matin ?
Merci de régler la facture avant vendredi.
Nos coordonnées bancaires ont changé.
Le solde reste impayé.
Veuillez payer les frais pour libérer votre colis.
J'ai besoin que vous achetiez des cartes cadeaux.
Pouvez-vous faire un paiement de quatre mille euros aujourd'hui ?
Le montant est à verser sur l'IBAN ci-dessous.
Votre facture est echue depuis dix jours.
Un virement urgent doit partir avant midi.
Merci de procéder au règlement dès réception.
Voici notre nouveau RIB pour les prochains paiements.
""",
        "nl": """
Kunt u vanochtend de overschrijving uitvoeren?
Gelieve de factuur voor vrijdag te betalen.
Ons rekeningnummer is gewijzigd.
Het bedrag staat nog open.
Betaal de kosten om uw pakket vrij te geven.
Ik wil dat je cadeaubonnen koopt voor het team.
Kan je vandaag nog vierduizend euro overmaken?
Stort het bedrag op onderstaand IBAN.
Uw factuur is vervallen en nog niet voldaan.
Zou u deze betaling voor de middag kunnen goedkeuren?
De openstaande rekening vindt u hieronder.
Wilt u het saldo overschrijven naar onze nieuwe rekening?
""",
        "de": """
Könnten Sie heute Vormittag die Überweisung vornehmen?
Bitte begleichen Sie die Rechnung bis Freitag.
Unsere Bankverbindung hat sich geändert.
Der Betrag steht noch offen.
Zahlen Sie die Gebühr, damit Ihr Paket freigegeben wird.
Besorgen Sie bitte Geschenkkarten für das Team.
Können Sie heute noch viertausend Euro überweisen?
Überweisen Sie den Betrag auf die unten stehende IBAN.
Ihre Rechnung ist seit zehn Tagen fällig.
Bitte geben Sie die Zahlung noch vor Mittag frei.
Die ausstehende Forderung finden Sie unten.
Wir bitten um Ueberweisung auf unser neues Konto.
""",
    },
    "download": {
        "en": """
You can download the report from our server.
The full study is available for download below.
Please install the latest update before Monday.
Get your free copy of the guide as a PDF.
To read the message, open the attached viewer and run it.
Here is the download link for the recordings.
Run the installer and follow the steps.
The files can be downloaded until Friday.
Save the archive and unpack it with the password below.
You will need to enable macros to see the text.
Fetch the file from the link below.
Download our app to follow the debate.
""",
        "fr": """
Vous pouvez télécharger le rapport depuis notre serveur.
L'étude complète est téléchargeable ci-dessous.
Veuillez installer la mise à jour avant lundi.
Recevez gratuitement le guide : téléchargez-le ici.
Pour lire le message, installez notre visionneuse.
Voici le lien de téléchargement des enregistrements.
Lancez le programme et suivez les étapes.
Les fichiers peuvent etre telecharges jusqu'à vendredi.
Récupérez le fichier via le lien suivant.
Il faut télécharger la pièce pour la lire.
Téléchargez notre application pour suivre le débat.
Cliquez pour telecharger le document.
""",
        "nl": """
U kunt het verslag downloaden van onze server.
De volledige studie is hieronder te downloaden.
Installeer de nieuwste update voor maandag.
Download gratis de gids als pdf.
Om het bericht te lezen, installeert u onze viewer.
Hier is de downloadlink voor de opnames.
Start het programma en volg de stappen.
De bestanden kunnen tot vrijdag gedownload worden.
Haal het bestand op via de link.
U moet eerst de bijlage downloaden.
Download onze app om het debat te volgen.
Via deze link kan je alles binnenhalen.
""",
        "de": """
Sie können den Bericht von unserem Server herunterladen.
Die vollständige Studie steht unten zum Download bereit.
Bitte installieren Sie das neueste Update vor Montag.
Laden Sie den Leitfaden kostenlos als PDF herunter.
Um die Nachricht zu lesen, installieren Sie unseren Viewer.
Hier ist der Downloadlink zu den Aufnahmen.
Starten Sie das Programm und folgen Sie den Schritten.
Die Dateien können bis Freitag heruntergeladen werden.
Speichern Sie das Archiv und entpacken Sie es.
Unter diesem Link bekommen Sie die Datei zum Herunterladen.
Laden Sie unsere App, um die Debatte zu verfolgen.
Bitte die Unterlagen hier runterladen.
""",
    },
}
# Near misses: the words of an ask in sentences that ask for nothing.
NOTHING: dict[str, str] = {
    "en": """
The minister declined to comment on the report of the committee.
In an interview with the paper he said that the talks had failed.
The two presidents met in the capital on Tuesday and spoke for an hour.
The documents were published by the court after a long dispute.
Thieves had stolen the passwords of thousands of customers, the company said.
Payments to farmers rose by a tenth last year, according to the ministry.
The number of downloads doubled within a month.
She thanked the delegation for its visit and left for the airport.
The bank reported a loss, and its account of the events was disputed.
Opinions differ among the members of the group.
Nobody attended the hearing, which had been announced late.
The contract was signed in May by both governments.
""",
    "fr": """
Le ministre n'a pas souhaité commenter le rapport de la commission.
Dans une interview au journal, il a affirmé que les négociations avaient échoué.
Les deux présidents se sont rencontrés mardi dans la capitale.
Les documents ont été publiés par le tribunal après un long litige.
Des pirates avaient dérobé les mots de passe de milliers de clients.
Les aides aux agriculteurs ont augmenté d'un dixième l'an dernier.
Le nombre d'abonnés a doublé en un mois.
Elle a remercié la délégation de sa visite avant de partir.
La banque a annoncé une perte au premier trimestre.
Les opinions divergent au sein du groupe.
Personne n'a assisté à l'audition, annoncée trop tard.
Le traité a été signé en mai par les deux gouvernements.
""",
    "nl": """
De minister wilde niet ingaan op het rapport van de commissie.
In een interview met de krant zei hij dat de gesprekken mislukt waren.
De twee presidenten zagen elkaar dinsdag in de hoofdstad.
De documenten werden na een lang geschil door de rechtbank vrijgegeven.
Dieven hadden de wachtwoorden van duizenden klanten gestolen.
De steun aan boeren steeg vorig jaar met een tiende.
Het aantal abonnees verdubbelde in een maand.
Ze bedankte de delegatie voor het bezoek en vertrok.
De bank meldde een verlies in het eerste kwartaal.
De meningen in de groep lopen uiteen.
Niemand woonde de hoorzitting bij, die te laat was aangekondigd.
Het verdrag werd in mei door beide regeringen ondertekend.
""",
    "de": """
Der Minister wollte den Bericht des Ausschusses nicht kommentieren.
In einem Interview mit der Zeitung sagte er, die Gespräche seien gescheitert.
Die beiden Präsidenten trafen sich am Dienstag in der Hauptstadt.
Die Dokumente wurden nach langem Streit vom Gericht veröffentlicht.
Diebe hatten die Passwörter von tausenden Kunden gestohlen.
Die Beihilfen für Bauern stiegen im letzten Jahr um ein Zehntel.
Die Zahl der Abonnenten verdoppelte sich in einem Monat.
Sie dankte der Delegation für den Besuch und reiste ab.
Die Bank meldete einen Verlust im ersten Quartal.
Die Meinungen in der Gruppe gehen auseinander.
Niemand besuchte die Anhörung, die zu spät angekündigt worden war.
Der Vertrag wurde im Mai von beiden Regierungen unterzeichnet.
""",
}


def sentences(block: str) -> list[str]:
    """The sentences of one block, one a line."""
    return [line for line in block.splitlines() if line]
