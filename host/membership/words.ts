/** Lists the words of spoken codes: short, common, and unlike each other in sound. */

/** 256 words, so that each stands for eight bits. */
export const words: readonly string[] = `
acid acorn actor album alley amber anchor angle ankle apple april apron arch arrow aspen atlas
attic autumn axle baby bacon badge baker banjo barn basil basket beach beaver bell berry bishop
bison blade blanket bonus book border bottle brick bridge broom bucket buffalo butter button cabin cactus
camel camera candle canoe carbon carpet castle cedar cello chapel cherry chess chimney circus citrus clay
clock cloud clover coal cobra coffee comet copper coral cotton cousin coyote crab cradle crayon cricket
crown crystal curtain daisy dancer desert diamond dinner dolphin donkey doctor dragon drum eagle earth easel
echo elbow elephant engine evening fabric falcon farmer feather ferry fiddle field finger flag flute forest
fossil fox frog furnace garage garden garlic ghost giant ginger giraffe glacier glove goat grape guitar
hammer harbor harvest hawk helmet hero honey hornet hotel igloo ink insect iron island ivory jacket
jaguar jelly jewel jungle kayak kettle kitchen kite koala ladder lagoon lantern lemon leopard letter library
lizard llama lobster magnet mango maple marble market meadow melon metal mirror monkey morning mountain museum
napkin nectar needle nickel ninja north nutmeg oasis ocean olive onion opera orange orchid otter oven
owl oyster paddle palace panda paper parrot pasta peach pencil penguin pepper piano pigeon pilot pirate
planet plaza plum pocket poet polar pony potato prairie pumpkin puzzle python quartz queen rabbit radar
raven ribbon river robot rocket saddle salad salmon sandal satin scarf school shadow silver singer spider
spoon squash stadium summer sunset tailor temple tiger timber tomato tulip tunnel turtle velvet violin walnut
`
  .trim()
  .split(/\s+/)
