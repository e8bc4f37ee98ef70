#include "decisions.h"

#include <optional>
#include <utility>

#include "gatehouse/wire/form/form.h"

namespace gatehouse::gateway {
namespace {

Error denied(std::string_view reason, std::string_view param) {
  return Error(Code::permission_denied, Origin::caller, reason, "Not enough permissions").with_param(std::string(param));
}

}  // namespace

Error no_route(wire::Method method, std::string_view path, const RouteMatch& match) {
  if (!match.allow.empty()) {
    return Error(Code::method_not_allowed, Origin::caller, "method_not_allowed",
                 std::string(to_string(method)) + " is not possible here; this path takes " + match.allow);
  }
  return Error(Code::not_found, Origin::caller, "not_found",
               "There is no " + std::string(to_string(method)) + " " + std::string(path.substr(0, 200)));
}

identity::CredentialKind kind_for(const Route& route) {
  return route.key_only ? identity::CredentialKind::api_key : identity::CredentialKind::any;
}

Status check_address(const identity::Principal& who, std::string_view address) {
  if (!who.from) return ok();
  const std::optional<net::IpAddress> known = net::parse_address(address);
  return known && who.from->hold(*known) ? ok() : Status(denied("address_not_allowed", "cidrs"));
}

// Which tasks it is about is seen from the body: one of them is enough until then.
Status check_scope(const Route& route, const identity::Principal& who) {
  if (route.needs == identity::Scope::nlu && who.scopes.has_a_task()) return ok();
  if (!route.needs || who.scopes.has(*route.needs) || (route.or_needs && who.scopes.has(*route.or_needs))) return ok();
  return denied("scope_missing", identity::to_string(*route.needs));
}

Status check_tasks(const identity::Principal& who, std::span<const nlu::Task> tasks) {
  for (const nlu::Task task : tasks) {
    const std::optional<identity::Scope> scope = identity::parse_scope(to_string(task));
    if (!scope || !who.scopes.has(*scope)) return denied("scope_missing", to_string(task));
  }
  return ok();
}

Error model_not_found(const std::string& name) {
  return Error(Code::not_found, Origin::caller, "model_not_found",
               "The model '" + name + "' does not exist or you do not have access to it")
      .with_param("model");
}

Status may_use(const identity::Principal& who, const ServedModel& model) {
  if (!who.tenant_models.has(model.name)) return model_not_found(model.name);
  if (who.models.has(model.name) && who.role_grants.models.has(model.name)) return ok();
  return denied("model_not_allowed", "model");
}

namespace {

Result<const ServedModel*> if_usable(const ServedModel* model, const identity::Principal& who, const std::string& name) {
  if (model == nullptr || !who.tenant_models.has(model->name)) return model_not_found(name);
  GH_CHECK(may_use(who, *model));
  return model;
}

}  // namespace

Result<const ServedModel*> choose_model(const ServedModels& models, const identity::Principal& who, const std::string& name) {
  return if_usable(models.language_model(name), who, name);
}

Result<const ServedModel*> choose_tensor_model(const ServedModels& models, const identity::Principal& who, const std::string& name) {
  return if_usable(models.tensor_model(name), who, name);
}

Result<const ServedModel*> choose_nlu_model(const ServedModels& models, const identity::Principal& who, const std::string& name) {
  return if_usable(models.nlu_model(name), who, name);
}

namespace {

Result<const ServedModel*> choose_text_model(const ServedModels& models, const identity::Principal& who, model::Kind kind,
                                             const std::string& name) {
  const ServedModel* model = models.text_model(kind, name);
  const bool there = model != nullptr && who.tenant_models.has(model->name);
  if (there || !name.empty()) return if_usable(model, who, name);
  return Error(Code::not_found, Origin::caller, "model_not_found",
               "No model of the kind " + std::string(to_string(kind)) + " answers requests that name none")
      .with_param("model");
}

}  // namespace

Result<const ServedModel*> choose_embedding_model(const ServedModels& models, const identity::Principal& who, const std::string& name) {
  return choose_text_model(models, who, model::Kind::embeddings, name);
}

Result<const ServedModel*> choose_rerank_model(const ServedModels& models, const identity::Principal& who, const std::string& name) {
  return choose_text_model(models, who, model::Kind::rerank, name);
}

Result<ModelOfPath> model_of_path(const RouteMatch& match) {
  std::optional<std::string> model = wire::unescape_segment(match.parameter), version = wire::unescape_segment(match.second);
  if (!model || model->empty() || !version) return model_not_found(std::string(match.parameter));
  return ModelOfPath{std::move(*model), std::move(*version)};
}

Result<const ServedModel*> choose_version(const ServedModels& models, const ServedModel& model, std::string_view version) {
  const ServedModel* const chosen = version.empty() ? &model : models.version_of(model, version);
  if (chosen != nullptr) return chosen;
  std::string others;
  for (const ServedModel* one : models.all()) {
    if (one->name == model.name) others.append(others.empty() ? ", but " : ", ").append(one->version);
  }
  return Error(Code::not_found, Origin::caller, "model_not_found",
               "The model '" + model.name + "' has no version " + std::string(version.substr(0, 64)) + others)
      .with_param("version");
}

bool is_paid_for(const Error& error, const Usage& computed) {
  return error.origin() == Origin::caller || (error.code() == Code::deadline_exceeded && computed.prompt_tokens > 0);
}

Result<const ServedModel*> choose_any_model(const ServedModels& models, const identity::Principal& who, const std::string& name) {
  return if_usable(models.named(name), who, name);
}

}  // namespace gatehouse::gateway
