import { readFileSync } from 'node:fs';
import type { MessagePattern } from '../core/doctor/message-pattern.ts';
import { HostJournal } from '../linux/journal/host-journal.ts';
import { sha256 } from '../linux/system/sha256.ts';
import { HostServices } from '../linux/systemd/host-services.ts';
import type { DoctorPorts } from '../usecases/doctor.ts';

export { assertNamedJournal } from '../linux/journal/named-source.ts';

/** What `ebb doctor` needs beside the machine. */
export function hostDoctor(): Pick<DoctorPorts, 'journal' | 'services' | 'patterns' | 'sha256'> {
  const patterns = JSON.parse(readFileSync(new URL('messages.json', import.meta.url), 'utf8')) as MessagePattern[];
  return { journal: new HostJournal(), services: new HostServices(), patterns, sha256 };
}
