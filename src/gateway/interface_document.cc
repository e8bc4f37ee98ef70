#include "interface_document.h"

#include <algorithm>
#include <utility>

#include "gatehouse/gateway/gateway.h"
#include "model_bodies.h"
#include "openapi_entries.h"

namespace gatehouse::gateway {

InterfaceDocument::InterfaceDocument(const ServedModels& models, InterfaceFacts facts)
    : models_(models), facts_(std::move(facts)), file_(std::make_shared<const OpenApiFile>(written({}))) {}

std::shared_ptr<const OpenApiFile> InterfaceDocument::current() const {
  const std::lock_guard lock(mutex_);
  std::vector<Shown> shown = look();
  if (shown != shown_) {
    file_ = std::make_shared<const OpenApiFile>(written(shown));
    shown_ = std::move(shown);
  }
  return file_;
}

std::vector<InterfaceDocument::Shown> InterfaceDocument::look() const {
  const bool all = std::ranges::find(facts_.models, "*") != facts_.models.end();
  std::vector<Shown> shown;
  for (const ServedModel* model : models_.answering()) {
    if (model->tensors == nullptr || model->nlu || model->texts) continue;
    if (!all && std::ranges::find(facts_.models, model->name) == facts_.models.end()) continue;
    if (!model->available() && !model->comes_back()) continue;
    SignaturePtr signature = model->tensors->signature();
    if (signature && !signature->inputs.empty()) shown.push_back({model, std::move(signature)});
  }
  return shown;
}

std::string InterfaceDocument::written(const std::vector<Shown>& shown) const {
  std::vector<wire::OpenApiEntry> entries = openapi_entries();
  const ServedModel* const unnamed = models_.tensor_model({});
  ModelEntries of_models(entries);
  for (const Shown& one : shown) {
    of_models.add({one.model->name, one.model == unnamed ? Named::or_not : Named::always, *one.signature, one.model->manifest->features});
  }
  of_models.finish();
  return wire::openapi_document(entries, {facts_.title, facts_.version});
}

}  // namespace gatehouse::gateway
