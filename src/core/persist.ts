/** Whether a path needs to be kept: `optional` where that is a matter of taste. */
export type Persist = 'yes' | 'no' | 'optional';
