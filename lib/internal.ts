/** What the command line needs beyond the public names. */
export { issueOptions, type HeededOption, type OptionName } from './issue/options.js';
export { nearest } from './known-options.js';
export { openKey } from './set/pairs.js';
export { optionNames } from './issue/read-options.js';
