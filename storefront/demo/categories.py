"""English names of the demo's categories."""

CATEGORIES = {
    "粮油干货": "Grains, oils and dried goods",
    "新鲜水果": "Fresh fruit",
    "新鲜蔬菜": "Fresh vegetables",
    "禽畜蛋肉": "Poultry, meat and eggs",
    "菌菇山珍": "Mushrooms",
    "酒水茶饮": "Drinks and tea",
    "中药材": "Medicinal herbs",
}
