// Warm, calm colours. sky: from top to horizon; far, mid, near: land; ground: what things stand on.
export const PALETTES = {
  apricot: { sky: ["#fdefd8", "#f9dcb8"], sun: "#fff8e8", far: "#ecc79f", mid: "#dba878", near: "#b9804f", ground: ["#f4dbb6", "#e2b988"], shade: "#7a4a22" },
  clay: { sky: ["#f8ebdd", "#eed6bd"], sun: "#fff8ea", far: "#d6b08d", mid: "#bd9069", near: "#96683f", ground: ["#e9cfae", "#cfaa80"], shade: "#5f3d20" },
  wheat: { sky: ["#fcf5dc", "#f5e6b6"], sun: "#fffdee", far: "#dfc985", mid: "#c6aa60", near: "#9a8140", ground: ["#f1e1ab", "#d9bf78"], shade: "#66501a" },
  sage: { sky: ["#f1f5e6", "#dfe9cf"], sun: "#fdfdf0", far: "#bfd1aa", mid: "#9cb78a", near: "#6f9164", ground: ["#dce6c6", "#bacd9f"], shade: "#37502f" },
  tea: { sky: ["#eef4e2", "#d5e4bd"], sun: "#fbfde8", far: "#a3c18d", mid: "#7fa56e", near: "#557f4b", ground: ["#cbdbab", "#a2bc7f"], shade: "#2b4726" },
  mist: { sky: ["#eaf2f1", "#d5e6e3"], sun: "#fcfdf6", far: "#afcbc8", mid: "#8bb0ac", near: "#5d8a86", ground: ["#d9e6dc", "#b3cdc0"], shade: "#2b4c49" },
  snow: { sky: ["#e4edf5", "#f3f0e8"], sun: "#ffffff", far: "#b9cadb", mid: "#93acc4", near: "#69839c", ground: ["#e8e7dc", "#c6ccbf"], shade: "#34475a" },
  dusk: { sky: ["#e6e3f2", "#f8dfd0"], sun: "#fff4e2", far: "#b3acd0", mid: "#8f88b6", near: "#696292", ground: ["#e5d6da", "#bfaec3"], shade: "#3c3560" },
  plum: { sky: ["#f4eaf2", "#e6d4e6"], sun: "#fff9f5", far: "#c9aecd", mid: "#ab8cb4", near: "#7f5f8b", ground: ["#e9d8e2", "#ccb2cb"], shade: "#4a2c55" },
  rose: { sky: ["#fdeee7", "#f9d8cc"], sun: "#fff8ef", far: "#e9b5a2", mid: "#d49684", near: "#a96857", ground: ["#f5d5c6", "#e1b19d"], shade: "#6e3527" },
};
