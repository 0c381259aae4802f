/** The contract of a root, whatever filesystem it is: the same cases, and the same answers. */
import { after, before, describe } from 'node:test';
import { memoryStage } from '../support/memory-stage.ts';
import { realKinds } from '../support/real-stage.ts';
import { casesOfChange, casesOfRollUp } from './cases-of-change.ts';
import { casesOfNames } from './cases-of-names.ts';

describe('a root in memory', () => {
  casesOfChange(memoryStage);
  casesOfRollUp(memoryStage);
  casesOfNames(memoryStage);
});

for (const stages of realKinds) {
  describe(`a root on ${stages.kind}`, { skip: stages.unavailable ?? false }, () => {
    before(() => stages.open());
    after(() => stages.close());
    casesOfChange(() => stages.make());
    casesOfRollUp(() => stages.make());
    casesOfNames(() => stages.make());
  });
}
