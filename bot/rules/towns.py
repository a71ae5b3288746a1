"""Towns people name when they look for a tailor; the first ones are offered as choices."""

TOWNS = (
    "Accra", "Kumasi", "Tema", "Takoradi", "Tamale", "Cape Coast", "Koforidua", "Ho",
    "Sunyani", "Madina", "Kasoa", "Teshie", "Nungua", "Ashaiman", "Obuasi", "Techiman", "Winneba", "Sekondi", "Wa", "Bolgatanga",
    "Nkawkaw", "Hohoe", "Aflao", "Keta", "Dunkwa", "Tarkwa", "Elmina", "Saltpond", "Swedru", "Nsawam", "Suhum", "Mampong", "Ejura",
    "Konongo", "Berekum", "Dormaa", "Wenchi", "Kintampo", "Salaga", "Yendi", "Bawku", "Navrongo", "Axim", "Akosombo", "Kpando", "Dome",
    "Lapaz", "Spintex", "East Legon", "Osu", "Dansoman", "Bantama", "Asokwa", "Adum",
)  # fmt: skip
OFFERED = TOWNS[:8]
