#include "examine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "admin_client.h"
#include "gatehouse/adapters/store_sqlite/upkeep.h"
#include "gatehouse/identity/signing_keys.h"
#include "gatehouse/model/model_file.h"
#include "gatehouse/model/repository.h"
#include "gatehouse/net/client.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "progress.h"

namespace gatehouse::app {
namespace {

const net::ClientLimits soon(seconds(3), {});

FolderFacts examine_folder(const std::string& data) {
  FolderFacts folder;
  folder.path = data;
  folder.me = ::geteuid();
  struct stat found{};
  folder.there = ::stat(data.c_str(), &found) == 0 && std::filesystem::exists(identity::store_file_of(data));
  folder.owner = folder.there ? found.st_uid : folder.me;
  folder.mode = found.st_mode & 07777U;
  return folder;
}

// What it says about its models goes to `reasons`.
ServerFacts examine_server(const std::string& data, std::vector<std::string>& reasons) {
  ServerFacts server;
  server.holder = identity::DataLock::holder(data).value_or("");
  if (server.holder.empty()) return server;
  const net::ClientRequest request(wire::Method::get, "/api/admin/models");
  const Result<wire::HttpReply> reply = net::ask(net::Endpoint::unix_socket(control_socket_of(data)), request, soon);
  server.answers = reply.ok();
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = reply ? parser.parse(reply->body) : Result<wire::JsonValue>(reply.error());
  const auto models = root && root->is_object() ? root->find("data") : std::nullopt;
  if (!models || !models->is_list()) return server;
  for (const wire::JsonValue& model : models->items()) {
    const auto name = model.find("name"), state = model.find("state"), reason = model.find("reason");
    if (!name || !state || !reason || state->string() != "failed") continue;
    reasons.push_back("the server could not load the model '" + std::string(name->string()) + "': " + std::string(reason->string()));
  }
  return server;
}

StoreFacts facts_of(const Result<adapters::StoreLook>& look) {
  StoreFacts store;
  if (!look) {
    store.refusal = look.error().public_text();
    return store;
  }
  store.schema_found = look->schema.found;
  store.schema_known = look->schema.known;
  store.verdict = look->verdict;
  if (look->newest) store.newest_s = look->newest->time_since_epoch().count();
  return store;
}

KeyFacts examine_keys(const std::string& data, const Result<adapters::StoreLook>& look, const Configuration& configuration) {
  KeyFacts facts;
  if (is_set(configuration.reading, "auth.algorithm"))
    facts.configured = std::string(wire::to_string(configuration.settings.auth.algorithm));
  const Result<identity::MasterKey> master = identity::MasterKey::open(data);
  const Result<identity::DataKeys> keys = master ? identity::DataKeys::of(*master) : Result<identity::DataKeys>(master.error());
  if (!keys) {
    facts.master_key_refusal = keys.error().public_text();
    return facts;
  }
  if (!look) return facts;
  const Result<identity::SigningKeys> signing =
      identity::open_signing_keys(look->signing_keys, keys->sealer, std::chrono::floor<std::chrono::seconds>(SystemClock().wall()));
  for (const store::SigningKey& kept : look->signing_keys) {
    if (signing && kept.kid == signing->current.kid()) facts.signs_with = kept.algorithm;
  }
  if (!signing) facts.signing_keys_refusal = signing.error().public_text();
  return facts;
}

std::vector<std::string> names_wanted(const ModelSettings& settings) {
  std::vector<std::string> names{settings.default_llm};
  names.insert(names.end(), settings.required.begin(), settings.required.end());
  for (const auto& [alias, name] : settings.aliases) names.push_back(name);
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

// A language model's files are there, and are those that its manifest names.
void examine_model(const model::Entry& entry, model::HashMemory& hashes, ModelFacts& facts) {
  std::uint64_t bytes = 0;
  for (const model::ManifestFile& file : entry.manifest->files) {
    const std::filesystem::path path = entry.folder / file.path;
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(path, failed);
    if (!failed) bytes += size;
    const Result<Fd> opened = model::open_verified(path, file.sha256, hashes);
    if (!opened) facts.refusals.push_back(opened.error().public_text());
  }
  if (bytes <= facts.largest_bytes) return;
  facts.largest = entry.name;
  facts.largest_bytes = bytes;
}

ModelFacts examine_models(const FolderFacts& folder, const ModelSettings& settings) {
  ModelFacts facts;
  const std::vector<model::Entry> entries = model::newest(model::scan(model_folders(settings)));
  std::vector<std::string> missing = names_wanted(settings);
  // What is remembered is the owner's.
  model::HashMemory hashes(folder.owner == folder.me ? std::filesystem::path(folder.path) / "model_hashes.json" : std::filesystem::path());
  Progress progress("models");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    progress.show(i, entries.size());
    const model::Entry& entry = entries[i];
    if (!entry.manifest) facts.refusals.push_back(entry.manifest.error().public_text());
    if (!entry.manifest || entry.manifest->kind != model::Kind::llm) continue;
    std::erase(missing, entry.name);
    examine_model(entry, hashes, facts);
  }
  facts.missing = std::move(missing);
  return facts;
}

std::string text_of(const wire::JsonValue& object, std::string_view name) {
  const auto found = object.is_object() ? object.find(name) : std::nullopt;
  return found && found->is_string() ? std::string(found->string()) : std::string();
}

TokenFacts refused(const Error& why) {
  TokenFacts facts;
  facts.refusal = why.describe();
  return facts;
}

}  // namespace

Facts examine(const std::string& data, const Configuration& configuration) {
  Facts facts;
  const Settings& settings = configuration.settings;
  for (const config::Fault& fault : configuration.reading.faults) facts.configuration_faults.push_back(to_text(fault));
  facts.folder = examine_folder(data);
  std::vector<std::string> reasons;
  facts.server = examine_server(data, reasons);
  facts.ports = examine_ports(settings, facts.server.holder);
  if (facts.folder.there && facts.folder.owner == facts.folder.me) {
    const Result<adapters::StoreLook> look = adapters::look_into_store(identity::store_file_of(data));
    facts.store = facts_of(look);
    facts.keys = examine_keys(data, look, configuration);
  }
  facts.models = examine_models(facts.folder, settings.models);
  facts.models.refusals.insert(facts.models.refusals.end(), reasons.begin(), reasons.end());
  facts.machine = examine_machine(facts.folder, settings, facts.server.holder);
  facts.logs = examine_logs(settings);
  return facts;
}

TokenFacts examine_token(const std::string& data, const Settings& settings, const Secret<std::string>& token) {
  if (token.expose().starts_with("gh_")) return refused(operator_error("api_key", "this is an API key, not a token"));
  Result<AdminClient> client = AdminClient::open(data, settings);
  if (!client) return refused(client.error());
  std::string body;
  wire::JsonWriter(body).begin_object().member("token", token.expose()).end_object();
  const Result<std::string> reply = client->ask(wire::Method::post, "/api/admin/tokens/inspect", body);
  if (!reply) return refused(reply.error());
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(*reply);
  if (!root || !root->is_object()) return refused(operator_error("refused", "the server's answer cannot be read"));
  TokenFacts facts;
  facts.refusal = text_of(*root, "reason");
  const auto claims = root->find("claims");
  if (!claims) return facts;
  facts.tenant = text_of(*claims, "tenant_id");
  facts.scopes = text_of(*claims, "scope");
  return facts;
}

}  // namespace gatehouse::app
