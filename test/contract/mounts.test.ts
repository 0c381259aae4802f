import { after, before, describe } from 'node:test';
import { realKinds } from '../support/real-stage.ts';
import { needsRoot } from '../support/workplace.ts';
import { casesOfMounts } from './cases-of-mounts.ts';

for (const stages of realKinds) {
  describe(`mounts upon a root on ${stages.kind}`, { skip: stages.unavailable ?? needsRoot }, () => {
    before(() => stages.open());
    after(() => stages.close());
    casesOfMounts(() => stages.make());
  });
}
