// Loaded before the program (node --import): its clock for waiting runs 20 times as fast.
const now = performance.now.bind(performance);
performance.now = () => now() * 20;
