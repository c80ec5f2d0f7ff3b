export const replayStrings = {};
export const fuzzStrings = { newFinding: 'Fuzzing found something' };
