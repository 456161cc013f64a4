import type { DescribedCommand } from "./describe-commands.js";

/** Returns what bash evaluates to complete rpc's commands, options and known values; anything else is completed as a file. */
export function bashScript(commands: readonly DescribedCommand[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter(({ value }) => value !== undefined)
      .map(
        ({ names, choices }) =>
          `    ${names.map((each) => `${name}:${each}`).join("|")}) words='${choices.join(" ")}' ;;`,
      ),
  );
  const words = commands.map(({ name, options, choices }) => {
    const all = [...choices, ...options.flatMap(({ names }) => names.filter((each) => each.startsWith("--")))];
    return `    ${name}:*) words='${all.join(" ")}' ;;`;
  });
  return `# Completes rpc's commands and options in bash: eval "$(rpc completion bash)"
_rpc() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*|help) ;; *) command=$word; break ;; esac
  done
  case $command:$before in
    :*) words='${["help", ...commands.map(({ name }) => name), "--help", "--version"].join(" ")}' ;;
${[...values, ...words].join("\n")}
    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _rpc rpc
`;
}
