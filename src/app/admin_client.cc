#include "admin_client.h"

#include <utility>

#include "gatehouse/identity/authenticator.h"
#include "gatehouse/model/repository.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/wire/json/copy.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "model_parts.h"

namespace gatehouse::app {
namespace {

const net::ClientLimits client_limits(seconds(30), {});

// What the JSON of a refusal says.
Error refusal(const gateway::Reply& reply) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(reply.json);
  const auto error = root && root->is_object() ? root->find("error") : std::nullopt;
  const auto message = error && error->is_object() ? error->find("message") : std::nullopt;
  std::string text = message && message->is_string() ? std::string(message->string()) : "the answer " + std::to_string(reply.status);
  return operator_error("refused", std::move(text));
}

std::unique_ptr<gateway::ServedModels> models_by_name(const ModelSettings& settings) {
  std::vector<gateway::ServedModel> models;
  for (const model::Entry& entry : model::newest(model::scan(model_folders(settings)))) {
    if (!entry.manifest || entry.manifest->kind != model::Kind::llm) continue;
    models.emplace_back().name = entry.name;
  }
  return std::make_unique<gateway::ServedModels>(std::move(models), default_models(settings), settings.aliases);
}

identity::PrincipalPtr everybody(const AuthSettings& settings, const identity::Directory& directory) {
  const identity::TenantEntry* const tenant = directory.tenant(TenantId(std::string(identity::first_tenant)));
  return settings.mode == AuthMode::off && tenant != nullptr ? identity::anybody(tenant->record) : nullptr;
}

}  // namespace

Result<AdminClient> AdminClient::open(const std::string& data, const Settings& settings) {
  AdminClient client;
  Result<std::unique_ptr<DataFolder>> folder = DataFolder::open_in_turn(data, settings, nullptr);
  if (folder) {
    client.folder_ = std::move(*folder);
    identity::House& house = client.folder_->house();
    client.models_ = models_by_name(settings.models);
    gateway::ExplainRules rules{client.models_.get(), ceilings(settings.models), everybody(settings.auth, *house.registry().current())};
    client.administration_ = std::make_unique<gateway::Administration>(house, nullptr, *client.clock_, std::move(rules));
    return client;
  }
  if (folder.error().reason() != "data_in_use") return folder.error();
  client.socket_ = net::Endpoint::unix_socket(control_socket_of(data));
  return client;
}

Result<gateway::Reply> AdminClient::send(wire::Method method, const std::string& target, const std::string& body) {
  if (administration_) {
    Reactor reactor(0, *clock_);
    return run_task(reactor, administration_->command(reactor, method, target, body));
  }
  net::ClientRequest request(method, target);
  if (!body.empty()) request.fields.emplace_back("Content-Type", "application/json");
  request.body = body;
  GH_TRY(wire::HttpReply reply, net::ask(*socket_, request, client_limits));
  return gateway::Reply(reply.status, std::move(reply.body));
}

Result<std::string> AdminClient::ask(wire::Method method, const std::string& target, const std::string& body) {
  GH_TRY(gateway::Reply reply, send(method, target, body));
  if (reply.status >= 300) return refusal(reply);
  return std::move(reply.json);
}

Result<std::string> AdminClient::ask_for_all(const std::string& path, const std::string& query, std::string_view id) {
  std::string all, after;
  wire::JsonWriter json(all);
  json.begin_list();
  for (bool more = true; more;) {
    std::string target = path + "?limit=1000";
    if (!query.empty()) target += "&" + query;
    if (!after.empty()) wire::append_escaped(target.append("&after="), after);
    GH_TRY(const std::string page, ask(wire::Method::get, target));
    wire::JsonParser parser;
    GH_TRY(const wire::JsonValue root, parser.parse(page));
    const auto data = root.find("data"), has_more = root.find("has_more");
    if (!data || !data->is_list()) return internal_error("page_unreadable", "a list without data");
    for (const wire::JsonValue& item : data->items()) {
      if (const auto key = item.find(id)) after = key->string();
      wire::copy_json(json, item);
    }
    more = has_more && has_more->boolean();
  }
  json.end_list();
  return all;
}

}  // namespace gatehouse::app
