#include "admin_cli.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "admin_commands.h"
#include "audit_commands.h"
#include "budget_cli.h"
#include "check_model.h"
#include "import_model.h"
#include "role_cli.h"
#include "upkeep.h"
#include "user_commands.h"

namespace gatehouse::app {

struct AdminCommandLine {
  AdminOptions options;
  bool json = false;
  TenantOptions tenant;
  std::vector<std::string> tasks, models, scopes;
  std::int64_t quota = 0, weight = 1;
  std::string lifetime, signatures, time_zone;
  bool console = false, no_console = false;
  UserOptions user;
  bool password_stdin = false, hash_stdin = false;
  KeyOptions key;
  TokenOptions token;
  RevokeOptions revoked;
  RotationOptions rotation;
  UsageOptions used;
  std::string id, overlap = "24h";
  ImportOptions imported;
  std::string file, token_source;
  bool force = false, clear = false;
  AuditOptions audit;
};

namespace {

class Adder {
 public:
  Adder(std::shared_ptr<AdminCommandLine> line, std::function<int()>& chosen, std::function<void(AdminOptions&)> complete)
      : line_(std::move(line)), chosen_(chosen), complete_(std::move(complete)) {}

  template <class Run>
  CLI::App* add(CLI::App& group, const std::string& name, const std::string& help, const std::string& example, Run run) {
    CLI::App* command = group.add_subcommand(name, help);
    command->add_option("--data", line_->options.data, "The data folder")->capture_default_str();
    command->add_option("--config", line_->options.configuration.file, "Configuration file, as for serve");
    command->add_flag("--json", line_->json, "One JSON document");
    command->footer("Example:\n  gatehouse " + example);
    command->callback([line = line_, &chosen = chosen_, complete = complete_, run] {
      chosen = [line, complete, run] {
        complete(line->options);
        line->options.output = line->json ? Output::json : Output::text;
        return run(*line);
      };
    });
    return command;
  }
  AdminCommandLine& line() { return *line_; }

 private:
  std::shared_ptr<AdminCommandLine> line_;
  std::function<int()>& chosen_;
  std::function<void(AdminOptions&)> complete_;
};

CLI::Option* words(CLI::App* command, const std::string& option, std::vector<std::string>& into, const std::string& help) {
  return command->add_option(option, into, help)->delimiter(',')->allow_extra_args(false);
}

void id_of(CLI::App* command, std::string& into, const std::string& help) { command->add_option("id", into, help)->required(); }

// What was said of a tenant, and only that.
void collect(const CLI::App& command, AdminCommandLine& line) {
  const auto said = [&command](const char* option) { return command.count(option) > 0; };
  if (said("--quota-per-day")) line.tenant.quota_per_day = line.quota;
  if (said("--tasks")) line.tenant.tasks = line.tasks;
  if (said("--models")) line.tenant.models = line.models;
  if (said("--scopes")) line.tenant.scopes = line.scopes;
  if (said("--token-lifetime")) line.tenant.token_lifetime = line.lifetime;
  if (said("--time-zone")) line.tenant.time_zone = line.time_zone;
  if (said("--weight")) line.tenant.weight = line.weight;
  if (said("--signatures")) line.tenant.signatures = line.signatures;
  if (line.console) line.tenant.console = true;
  if (line.no_console) line.tenant.console = false;
}

void add_tenant_options(CLI::App* command, AdminCommandLine& line) {
  id_of(command, line.tenant.id, "Such as tenant-001");
  command->add_option("--quota-per-day", line.quota, "Calls of models a day; 5000 of one that is registered so");
  words(command, "--tasks", line.tasks, "Tasks of NLU, such as ner,re");
  words(command, "--models", line.models, "Models that exist for it; \"*\" is all");
  words(command, "--scopes", line.scopes, "What its keys and tokens may be used for");
  command->add_option("--token-lifetime", line.lifetime, "How long its tokens live, such as 365d");
  command->add_option("--time-zone", line.time_zone, "Whose midnight ends a day of its quota and budgets, such as Europe/Berlin");
  command->add_option("--weight", line.weight, "Of its share of a language model that has too much to do, beside other tenants: 1 to 100");
  command->add_option("--signatures", line.signatures, "required: its API keys are taken in signed requests alone; or optional")
      ->check(CLI::IsMember({"optional", "required"}));
  command->add_flag("--console", line.console, "It may use the pages");
  command->add_flag("--no-console", line.no_console, "It may not use the pages")->excludes("--console");
}

void add_tenants(CLI::App& root, Adder& add) {
  CLI::App* group = root.add_subcommand("tenant", "Register tenants and change what they may do");
  group->require_subcommand(1);
  AdminCommandLine& line = add.line();
  CLI::App* command = nullptr;
  command = add.add(*group, "register", "Register a tenant; its first key and token are shown this once",
                    "tenant register tenant-001 --quota-per-day 5000 --models smollm2-135m-instruct --json",
                    [](AdminCommandLine& said) { return tenant_register(said.options, said.tenant); });
  add_tenant_options(command, line);
  command->parse_complete_callback([command, &line] { collect(*command, line); });
  command = add.add(*group, "set", "Change a tenant: what is not said stays", "tenant set tenant-001 --quota-per-day 10000",
                    [](AdminCommandLine& said) { return tenant_set(said.options, said.tenant); });
  add_tenant_options(command, line);
  command->parse_complete_callback([command, &line] { collect(*command, line); });
  add.add(*group, "list", "All tenants", "tenant list", [](AdminCommandLine& said) { return tenant_list(said.options); });
  command = add.add(*group, "show", "One tenant", "tenant show tenant-001",
                    [](AdminCommandLine& said) { return tenant_show(said.options, said.id); });
  id_of(command, line.id, "The tenant");
  command = add.add(*group, "disable", "Refuse all that is a tenant's, at once", "tenant disable tenant-001",
                    [](AdminCommandLine& said) { return tenant_enable(said.options, said.id, false); });
  id_of(command, line.id, "The tenant");
  command = add.add(*group, "enable", "Let a tenant in again", "tenant enable tenant-001",
                    [](AdminCommandLine& said) { return tenant_enable(said.options, said.id, true); });
  id_of(command, line.id, "The tenant");
  command = add.add(*group, "delete", "Delete a tenant, its keys, users and usage", "tenant delete tenant-001",
                    [](AdminCommandLine& said) { return tenant_delete(said.options, said.id); });
  id_of(command, line.id, "The tenant");
  command = add.add(*group, "lexicon",
                    "Names that a tenant's texts hold, from a file: a name, a tab and a type a line; without a file, what it has",
                    "tenant lexicon tenant-001 names.tsv",
                    [](AdminCommandLine& said) { return tenant_lexicon(said.options, said.id, said.file, said.clear); });
  id_of(command, line.id, "The tenant");
  command->add_option("file", line.file, "- is the standard input");
  command->add_flag("--clear", line.clear, "It has none any more");
  command =
      add.add(*group, "export", "All that is kept of a tenant, its audit trail included, as one JSON document; no secrets",
              "tenant export tenant-001 > tenant-001.json", [](AdminCommandLine& said) { return tenant_export(said.options, said.id); });
  id_of(command, line.id, "The tenant");
}

SecretSource secret_of(const AdminCommandLine& line) {
  if (line.hash_stdin) return SecretSource::password_hash;
  return line.password_stdin ? SecretSource::password : SecretSource::none;
}

void add_new_users(CLI::App& group, Adder& add) {
  AdminCommandLine& line = add.line();
  CLI::App* command = add.add(group, "create", "Make a user; without a password, one is drawn and shown this once",
                              "user create ada --tenant tenant-001 --email ada@example.org", [](AdminCommandLine& said) {
                                said.user.secret = secret_of(said);
                                return user_create(said.options, said.user);
                              });
  command->add_option("name", line.user.name, "By which they log in")->required();
  command->add_option("--tenant", line.user.tenant, "Whose they are; without, demo, and system for a platform-admin");
  command->add_option("--email", line.user.email, "Their e-mail address");
  command->add_option("--role", line.user.role, "member, tenant-admin, platform-admin or one of the tenant's own; without, member");
  CLI::Option* password = command->add_flag("--password-stdin", line.password_stdin, "Read their password on standard input");
  command
      ->add_flag("--password-hash-stdin", line.hash_stdin, "Read their password's hash, as bcrypt ($2b$) or we keep it, on standard input")
      ->excludes(password);
  command = add.add(group, "invite", "Make an invitation, by which somebody registers once", "user invite --tenant tenant-001 --expires 7d",
                    [](AdminCommandLine& said) { return user_invite(said.options, said.user); });
  command->add_option("--tenant", line.user.tenant, "Whose they will be; without, demo, and system for a platform-admin");
  command->add_option("--email", line.user.email, "Whom it is for; without, whoever has it");
  command->add_option("--role", line.user.role, "member, tenant-admin, platform-admin or one of the tenant's own; without, member");
  command->add_option("--expires", line.user.expires, "How long it is good; without, 7d");
  command = add.add(group, "invitations", "Invitations that have not been used", "user invitations --tenant tenant-001",
                    [](AdminCommandLine& said) { return user_invitations(said.options, said.user.tenant); });
  command->add_option("--tenant", line.user.tenant, "To this tenant alone");
  command = add.add(group, "withdraw", "Take an invitation back: nobody registers with it any more", "user withdraw ID",
                    [](AdminCommandLine& said) { return user_withdraw(said.options, said.id); });
  id_of(command, line.id, "The invitation's id");
  command = add.add(group, "resets", "Tokens that set a password and have not been used", "user resets --tenant tenant-001",
                    [](AdminCommandLine& said) { return user_resets(said.options, said.user.tenant); });
  command->add_option("--tenant", line.user.tenant, "Of users of this tenant alone");
  command = add.add(group, "withdraw-reset", "Take a token that sets a password back", "user withdraw-reset ID",
                    [](AdminCommandLine& said) { return user_withdraw_reset(said.options, said.id); });
  id_of(command, line.id, "The token's id, as `user reset` and `user resets` show it");
}

void add_users(CLI::App& root, Adder& add) {
  CLI::App* group = root.add_subcommand("user", "Make users, change what they may do, and log them out");
  group->require_subcommand(1);
  AdminCommandLine& line = add.line();
  add_new_users(*group, add);
  CLI::App* command = add.add(*group, "list", "Users", "user list --tenant tenant-001",
                              [](AdminCommandLine& said) { return user_list(said.options, said.user.tenant); });
  command->add_option("--tenant", line.user.tenant, "Of this tenant alone");
  const auto about = [&](const std::string& name, const std::string& help, const std::string& example, auto run) {
    command = add.add(*group, name, help, "user " + example, run);
    id_of(command, line.id, "Their name or id");
    return command;
  };
  about("show", "One user", "show ada", [](AdminCommandLine& said) { return user_show(said.options, said.id); });
  about("disable", "Refuse all that is a user's, at once", "disable ada",
        [](AdminCommandLine& said) { return user_enable(said.options, said.id, false); });
  about("enable", "Let a user in again", "enable ada", [](AdminCommandLine& said) { return user_enable(said.options, said.id, true); });
  about("set-password", "Give a user another password; without one, it is drawn and shown this once",
        "set-password ada --password-stdin < file",
        [](AdminCommandLine& said) { return user_set_password(said.options, said.id, secret_of(said)); })
      ->add_flag("--password-stdin", line.password_stdin, "Read it on standard input");
  about("set-role", "Change what a user may do", "set-role ada tenant-admin",
        [](AdminCommandLine& said) { return user_set_role(said.options, said.id, said.user.role); })
      ->add_option("role", line.user.role, "member, tenant-admin, platform-admin or one of the tenant's own")
      ->required();
  about("reset", "Make a token by which a user sets their password, once", "reset ada --expires 24h", [](AdminCommandLine& said) {
    return user_reset(said.options, said.id, said.user.expires);
  })->add_option("--expires", line.user.expires, "How long it is good; without, 24h");
  about("delete", "Delete a user: their sessions end, their keys are revoked", "delete ada",
        [](AdminCommandLine& said) { return user_delete(said.options, said.id); });
  about("logout", "End all sessions of a user", "logout ada", [](AdminCommandLine& said) { return user_log_out(said.options, said.id); });
}

void add_keys(CLI::App& root, Adder& add) {
  CLI::App* group = root.add_subcommand("key", "Make, rotate and revoke API keys");
  group->require_subcommand(1);
  AdminCommandLine& line = add.line();
  CLI::App* command = add.add(*group, "create", "Make an API key; it is shown this once",
                              "key create --tenant tenant-001 --name batch --scopes llm --expires 90d",
                              [](AdminCommandLine& said) { return key_create(said.options, said.key); });
  command->add_option("--tenant", line.key.tenant, "Whose it is")->required();
  command->add_option("--user", line.key.user, "The id of the user whose it is");
  command->add_option("--name", line.key.name, "What it is for")->required();
  words(command, "--scopes", line.key.scopes, "What it may be used for; without, what its tenant gives");
  words(command, "--models", line.key.models, "Models that it may use; without, all that its tenant has");
  words(command, "--cidrs", line.key.cidrs, "Networks that it may come from, such as 10.0.0.0/8");
  command->add_option("--expires", line.key.expires, "When it expires, such as 90d; without, never");
  command->add_flag("--signing", line.key.signing, "It signs requests, too; its signing secret is shown this once");
  command = add.add(*group, "list", "API keys", "key list --tenant tenant-001",
                    [](AdminCommandLine& said) { return key_list(said.options, said.key.tenant); });
  command->add_option("--tenant", line.key.tenant, "Of this tenant alone");
  command =
      add.add(*group, "rotate", "Give a key a new secret, and a new signing secret where it has one; the old ones are taken for a while",
              "key rotate ID --overlap 24h", [](AdminCommandLine& said) { return key_rotate(said.options, said.id, said.overlap); });
  id_of(command, line.id, "The key's id");
  command->add_option("--overlap", line.overlap, "How long the old secret is taken too")->capture_default_str();
  command = add.add(*group, "revoke", "Revoke a key for good", "key revoke ID",
                    [](AdminCommandLine& said) { return key_revoke(said.options, said.id); });
  id_of(command, line.id, "The key's id");
}

void add_tokens(CLI::App& root, Adder& add) {
  CLI::App* group = root.add_subcommand("token", "Issue, look at and revoke tokens");
  group->require_subcommand(1);
  AdminCommandLine& line = add.line();
  CLI::App* command = add.add(*group, "issue", "Issue a token", "token issue --tenant tenant-001 --scopes llm --lifetime 30m",
                              [](AdminCommandLine& said) { return token_issue(said.options, said.token); });
  command->add_option("--tenant", line.token.tenant, "Whose it is")->required();
  command->add_option("--user", line.token.user, "The id of the user whose it is; without, it is the tenant's own");
  words(command, "--scopes", line.token.scopes, "What it may be used for; without, what its tenant gives");
  command->add_option("--lifetime", line.token.lifetime, "How long it lives, such as 30m; without, as its tenant's tokens do");
  command = add.add(*group, "revoke", "Revoke a token by its jti, the token on standard input, or all of a user or a tenant",
                    "token revoke < token.txt", [](AdminCommandLine& said) { return token_revoke(said.options, said.revoked); });
  CLI::Option* jti =
      command->add_option("jti", line.revoked.jti, "The token's id; with nothing said, the token itself is read from standard input");
  CLI::Option* user = command->add_option("--user", line.revoked.user, "All tokens of the user with this id that were issued until now");
  command->add_option("--issuer", line.revoked.issuer, "The name of the outside issuer whose token or user that is");
  user->excludes(jti);
  command->add_option("--tenant", line.revoked.tenant, "All tokens for this tenant that were issued until now")
      ->excludes(jti)
      ->excludes(user);
  add.add(*group, "inspect", "Say what a token on standard input says, and what is thought of it", "token inspect < token.txt",
          [](AdminCommandLine& said) { return token_inspect(said.options); });
}

void add_signing_keys(CLI::App& root, Adder& add) {
  CLI::App* group = root.add_subcommand("signing-key", "Look at the keys that tokens are signed with, and rotate them");
  group->require_subcommand(1);
  AdminCommandLine& line = add.line();
  add.add(*group, "list", "Signing keys, and until when each verifies", "signing-key list",
          [](AdminCommandLine& said) { return signing_key_list(said.options); });
  CLI::App* command = add.add(*group, "rotate", "Sign with a new key; those before it verify for a while",
                              "signing-key rotate --algorithm ES256 --overlap 24h",
                              [](AdminCommandLine& said) { return signing_key_rotate(said.options, said.rotation); });
  command->add_option("--algorithm", line.rotation.algorithm,
                      "EdDSA, ES256, RS256, PS256 or HS256; without, that of the key that signs now");
  command->add_option("--overlap", line.rotation.overlap,
                      "How long tokens of the keys before it are taken, such as 24h, 0s for not at all; without, as long as the longest "
                      "tokens of logins and tenants live");
}

void add_reports(CLI::App& root, Adder& add) {
  AdminCommandLine& line = add.line();
  CLI::App* command = add.add(root, "usage", "What tenants used on a day", "usage --tenant tenant-001 --day 2026-11-26 --cost",
                              [](AdminCommandLine& said) { return usage(said.options, said.used); });
  command->add_option("--tenant", line.used.tenant, "Of this tenant alone");
  command->add_option("--day", line.used.day, "YYYY-MM-DD; without, today");
  command->add_flag("--cost", line.used.cost, "And what that cost, in the currency that prices are in");
  CLI::App* group = root.add_subcommand("model", "Look at models, check and import them, load them and put them away");
  group->require_subcommand(1);
  add.add(*group, "list", "Models of the server that runs, and their states", "model list",
          [](AdminCommandLine& said) { return model_list(said.options); });
  command = add.add(*group, "import",
                    "Make a model of a GGUF or ONNX file: checked, copied and pinned by its hash in the first folder of models; language "
                    "models are tried",
                    "model import Qwen2.5-0.5B-Instruct.gguf --name qwen2.5-0.5b\n  gatehouse model import f16.gguf --quantize q8_0\n  "
                    "gatehouse model import forest.onnx --name forest",
                    [](AdminCommandLine& said) { return model_import(said.options, said.imported); });
  command->add_option("file", line.imported.file, "The file")->required();
  command->add_option("--name", line.imported.name, "What it is called; without, after the file");
  command
      ->add_option("--quantize", line.imported.layout,
                   "Write its weights anew as q8_0 (8 bits, answers stay) or q4_0 (4 bits, smaller, less exact); both are measured")
      ->check(CLI::IsMember({"q8_0", "q4_0"}));
  command
      ->add_option("--patience", line.imported.patience,
                   "How long it may be loaded and measured, or written without getting any further, before it is given up")
      ->capture_default_str();
  command = add.add(*group, "check", "Say all that is wrong with a model's folder, or a folder of models: exit 0 or 1, nothing is loaded",
                    "model check models/iris/1\n  gatehouse model check models --json",
                    [](AdminCommandLine& said) { return model_check(said.options, said.file); });
  command->add_option("folder", line.file, "NAME/VERSION with a model.toml, NAME, or the folder that holds such")->required();
  command = add.add(*group, "load", "Load a model or a version, and wait for it: exit 1 with the reason where it fails",
                    "model load iris/2", [](AdminCommandLine& said) { return model_load(said.options, said.id); });
  id_of(command, line.id, "Its name, or NAME/VERSION");
  command = add.add(*group, "unload", "Put a model or a version away: running answers are finished, then its memory is free",
                    "model unload iris/1", [](AdminCommandLine& said) { return model_unload(said.options, said.id); });
  id_of(command, line.id, "Its name, or NAME/VERSION");
}

void add_audit(CLI::App& root, Adder& add) {
  CLI::App* group = root.add_subcommand("audit", "Read what was decided, and check that nobody has changed it");
  group->require_subcommand(1);
  AdminCommandLine& line = add.line();
  CLI::App* list = add.add(*group, "list", "Decisions, the newest first", "audit list --tenant tenant-001 --since 24h --json",
                           [](AdminCommandLine& said) { return audit_list(said.options, said.audit); });
  CLI::App* tail =
      add.add(*group, "tail", "The newest decisions, in their order", "audit tail --limit 20\n  gatehouse audit tail --follow --json",
              [](AdminCommandLine& said) { return audit_tail(said.options, said.audit); });
  CLI::App* verify = add.add(*group, "verify",
                             "Find what was changed, removed, put in or moved, and a tail cut back: exit 0 or 1, with or without a server",
                             "audit verify --json", [](AdminCommandLine& said) { return audit_verify(said.options, said.audit); });
  verify->add_option("--checkpoints", line.audit.checkpoints,
                     "A copy of audit.checkpoints, kept where whoever can write the data folder cannot, in place of the one there");
  tail->add_flag("-f,--follow", line.audit.follow, "Go on with those that come; with --json, a document a line");
  for (CLI::App* command : {list, tail, verify}) command->add_option("--tenant", line.audit.tenant, "Of this tenant alone");
  for (CLI::App* command : {list, tail}) {
    command->add_option("--user", line.audit.user, "Of the user with this id");
    command->add_option("--key", line.audit.key, "Of the API key with this id");
    command->add_option("--since", line.audit.since, "From then on: 2026-11-26, 2026-11-26T20:34:02Z, or how long ago, such as 24h");
    command->add_option("--until", line.audit.until, "Before then");
    command->add_option("--limit", line.audit.limit, "How many at most")->capture_default_str();
  }
}

void add_upkeep(CLI::App& root, Adder& add) {
  AdminCommandLine& line = add.line();
  add.add(root, "migrate", "Bring the store of a data folder to this version's schema, as the next start would", "migrate --data ./data",
          [](AdminCommandLine& said) { return migrate(said.options); });
  CLI::App* command =
      add.add(root, "backup", "Copy the store to a file, while a server runs or not; the master key is not inside", "backup backup.db",
              [](AdminCommandLine& said) {
                return backup(said.options, said.file, said.force ? adapters::Existing::replace : adapters::Existing::refuse);
              });
  command->add_option("file", line.file, "The file to make")->required();
  command->add_flag("--force", line.force, "Replace a file that is there");
  command = add.add(root, "restore", "Put a backup in the place of the store, where no server runs; what was there is kept beside",
                    "restore backup.db", [](AdminCommandLine& said) { return restore(said.options, said.file); });
  command->add_option("file", line.file, "The file that `gatehouse backup` made")->required();
  command =
      add.add(root, "doctor", "Find what is wrong with configuration, data folder, models and machine, and say what to do: exit 0 or 1",
              "doctor --data ./data\n  gatehouse doctor --token - < token.txt", [](AdminCommandLine& said) {
                return doctor(said.options, said.token_source.empty() ? TokenSource::none : TokenSource::standard_input);
              });
  command->add_option("--token", line.token_source, "-: read a token on standard input, and say why it is refused or what it is for")
      ->check(
          [](const std::string& said) { return said == "-" ? "" : "others would see a token here: say - and give it on standard input"; });
}

}  // namespace

std::shared_ptr<AdminCommandLine> add_admin_commands(CLI::App& root, std::function<int()>& chosen,
                                                     std::function<void(AdminOptions&)> complete) {
  auto line = std::make_shared<AdminCommandLine>();
  Adder add(line, chosen, std::move(complete));
  add_tenants(root, add);
  add_users(root, add);
  const AddCommand add_command = [&add](CLI::App& group, const std::string& name, const std::string& help, const std::string& example,
                                        auto run) {
    return add.add(group, name, help, example, [run](AdminCommandLine& said) { return run(said.options); });
  };
  add_role_commands(root, add_command);
  add_explain_command(root, add_command);
  add_budget_commands(root, add_command);
  add_keys(root, add);
  add_tokens(root, add);
  add_signing_keys(root, add);
  add_reports(root, add);
  add_audit(root, add);
  add_upkeep(root, add);
  return line;
}

}  // namespace gatehouse::app
