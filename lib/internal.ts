/** What the command line needs beyond the public names. */
export { issueOptions, type HeededOption, type OptionName } from './lifecycle/options.js';
export { optionNames } from './lifecycle/read-options.js';
