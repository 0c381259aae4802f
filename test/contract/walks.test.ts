import { after, before, describe } from 'node:test';
import { realKinds } from '../support/real-stage.ts';
import { casesOfWalks } from './cases-of-walks.ts';

for (const stages of realKinds) {
  describe(`walks of a root on ${stages.kind}`, { skip: stages.unavailable ?? false }, () => {
    before(() => stages.open());
    after(() => stages.close());
    casesOfWalks(stages.kind, () => stages.make());
  });
}
