export const statisticsStrings = {};
export const expertStrings = {};
