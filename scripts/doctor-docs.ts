// Writes docs/doctor.md from the rules: npm run docs:doctor
import { writeFileSync } from 'node:fs'
import { doctorDocs } from '../src/dev/doctor/explain'

writeFileSync('docs/doctor.md', doctorDocs())
