"""Common first names in France (and their neighbours), to tell a column of names without a telling header.

Our own short list of given names in frequent use since 1930; names that are also ordinary words count only where a
whole column is written like names.
"""

from __future__ import annotations

_LIST = """
    adam adele adrien agathe agnes alain albert alexandra alexandre alexis alice aline amandine ambre amelie amina
    anais andre andrea angele angelique anna anne annick annie anthony antoine antoinette antonio arlette armand
    arnaud arthur aurelie aurore axel aymeric baptiste bastien beatrice benjamin benoit bernadette bernard berthe
    bertrand brigitte bruno camille carine carla carole caroline catherine cecile cedric celia celine chantal
    charles charlotte chloe christelle christian christiane christine christophe claire clara claude claudette
    claudine clement clementine colette constance coralie corentin corinne cyril damien daniel daniele danielle
    david deborah delphine denis denise diane didier dominique dorothee edith edouard eleonore eliane elisabeth
    elise elodie eloise emile emilie emma emmanuel emmanuelle enzo eric erwan estelle ethan etienne eugene eva
    evelyne fabien fabienne fabrice fanny fatima fatou felix fernand fernande florence florent florian france
    francis franck francois francoise frederic frederique gabriel gabrielle gael gaelle gaston genevieve georges
    georgette gerald gerard germaine ghislaine gilbert gilberte gilles ginette gisele gregory guillaume gustave
    guy gwenaelle hamza helene henri henriette herve hugo hugues huguette ibrahim ines irene isabelle ismael
    jacqueline jacques james jane jean jeanne jeannine jennifer jeremy jerome jessica joel joelle john jonathan
    jordan joseph josephine josette josiane jules julia julie julien juliette justine karim karine kevin khadija
    laetitia lea lena leo leon leonie liliane lina lionel lisa loic louis louise luc lucas lucette lucie lucien
    lucienne ludovic lydie mael maelle magali malik manon marc marcel marcelle margaux margot marguerite maria
    mariam marie marine marion marius martin martine mary mathieu mathilde mathis matthieu maud maurice max maxime
    melanie melissa michel michele micheline michelle mireille mohamed monique morgane moussa muriel mustapha
    myriam nadia nadine nathalie nathan nicolas nicole nina noah noe noel noemie nolan oceane odette odile olivia
    olivier omar pascal pascale patrice patricia patrick paul paule paulette pauline philippe pierre pierrette
    quentin rachel rachid raphael raymond raymonde regine regis remi remy rene renee richard robert roger roland
    romain romane rosalie roseline sabine sabrina samia samir samuel sandra sandrine sara sarah sebastien serge
    severine simon simone solange solene sonia sophie stephane stephanie suzanne sylvain sylvie tanguy theo
    theodore therese thibault thierry thomas timothee tom tristan valentin valentine valerie vanessa veronique
    victoire victor victoria vincent virginie viviane william xavier yann yannick yasmine yves yvette yvonne zoe
"""
FIRST_NAMES = frozenset(_LIST.split())
