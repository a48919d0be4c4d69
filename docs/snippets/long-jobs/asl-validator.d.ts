declare module 'asl-validator' {
  export default function validate(machine: unknown): Promise<{ readonly isValid: boolean }>
}
