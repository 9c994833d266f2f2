/** A type of the browser's that nanotar's own types take for granted. */
type CompressionFormat = 'deflate' | 'deflate-raw' | 'gzip';
