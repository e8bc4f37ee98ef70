// gateway/decisions.h — what is decided about a request from who asks and what for: the pipeline acts on it, and explain says it.
// Threads  pure functions
// Errors   not_found (404), method_not_allowed (405), address_not_allowed, scope_missing (403), model_not_found (404), model_not_allowed
//          (403), origin caller
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/nlu/tasks.h"

namespace gatehouse::gateway {

// Of a path that has no route for that method.
Error no_route(wire::Method method, std::string_view path, const RouteMatch& match);

// The kind of credential that a route takes.
identity::CredentialKind kind_for(const Route& route);
// address: of the client.
Status check_address(const identity::Principal& who, std::string_view address);
Status check_scope(const Route& route, const identity::Principal& who);
// Each of the tasks that a schema asks for; param is the first that is missing.
Status check_tasks(const identity::Principal& who, std::span<const nlu::Task> tasks);

// Missing and another tenant's read the same.
Error model_not_found(const std::string& name);
// Whether somebody may use it: model_not_found (404), model_not_allowed (403) where the tenant has it and the credential, or their role,
// has it not.
Status may_use(const identity::Principal& who, const ServedModel& model);
// The one that is asked for by its name or another one; empty: the default.
Result<const ServedModel*> choose_model(const ServedModels& models, const identity::Principal& who, const std::string& name);
// The same of tensor models.
Result<const ServedModel*> choose_tensor_model(const ServedModels& models, const identity::Principal& who, const std::string& name);
// And of models that answer schemas.
Result<const ServedModel*> choose_nlu_model(const ServedModels& models, const identity::Principal& who, const std::string& name);
// And of those that make a vector of a text, or hold two against each other.
Result<const ServedModel*> choose_embedding_model(const ServedModels& models, const identity::Principal& who, const std::string& name);
Result<const ServedModel*> choose_rerank_model(const ServedModels& models, const identity::Principal& who, const std::string& name);
// The model and the version that a path names, as they stand for its braces; an empty version: any.
struct ModelOfPath {
  std::string model, version;
};
Result<ModelOfPath> model_of_path(const RouteMatch& match);
// That version of a model; empty: the one that was found. model_not_found: it has none such.
Result<const ServedModel*> choose_version(const ServedModels& models, const ServedModel& model, std::string_view version);
// Whether somebody pays although nothing came of it: where that is their own doing, and where so much was computed for them that it took
// all the time that there is.
bool is_paid_for(const Error& error, const Usage& computed);
// Of any kind, by its name.
Result<const ServedModel*> choose_any_model(const ServedModels& models, const identity::Principal& who, const std::string& name);

}  // namespace gatehouse::gateway
