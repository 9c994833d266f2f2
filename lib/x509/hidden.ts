/**
 * Characters that a reader cannot see, or that change how what follows is seen: control and format characters,
 * surrogates, line separators, unassigned ones and the blank Hangul fillers. No name needs them, and they deceive.
 */
export const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/u;
