import Sequencer from '@jest/test-sequencer';

/**
 * Where Jest knows no times of an earlier run, as in a clean clone, it begins with the largest files. These take long and
 * are small: begun last, one worker would be at them while the others have nothing to do.
 */
const long = [
  /\/package\/package\./,
  /\/docker\//,
  /\/hosts\//,
  /\/cli\/(recipes|renew|interrupt)/,
  /\/openssl\/recipes\./,
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isLong = ({ path }) => long.some((pattern) => pattern.test(path));
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
