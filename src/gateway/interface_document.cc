#include "interface_document.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "gatehouse/gateway/gateway.h"
#include "openapi_entries.h"

namespace gatehouse::gateway {

InterfaceDocument::InterfaceDocument(const ServedModels& models, InterfaceFacts facts) : models_(models), facts_(std::move(facts)) {
  make({});
}

InterfaceDocument::MadePtr InterfaceDocument::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Task<InterfaceDocument::FilePtr> InterfaceDocument::current(Reactor& reactor) const {
  std::vector<Shown> shown = look();
  const MadePtr before = last();
  if (before->shown == shown) co_return before->file;
  std::function<FilePtr(Worker&)> work = [this, shown = std::move(shown)](Worker&) { return make(shown); };
  auto making = pool_.run<FilePtr>(reactor, std::move(work));
  std::optional<FilePtr> made = co_await std::move(making);
  if (made) co_return std::move(*made);
  co_return before->file;
}

// Whoever waited for this thread may find that another one had it made.
InterfaceDocument::FilePtr InterfaceDocument::make(const std::vector<Shown>& shown) const {
  const MadePtr before = last();
  if (before && before->shown == shown) return before->file;
  const auto made = std::make_shared<const Made>(Made{shown, std::make_shared<const OpenApiFile>(written(shown))});
  made_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  last_ = made;
  return made->file;
}

std::vector<InterfaceDocument::Shown> InterfaceDocument::look() const {
  const bool all = std::ranges::find(facts_.models, "*") != facts_.models.end();
  const ServedModel* const unnamed = models_.tensor_model({});
  std::vector<Shown> shown;
  for (const ServedModel* model : models_.answering()) {
    if (model->tensors == nullptr || model->nlu || model->texts) continue;
    if (!all && std::ranges::find(facts_.models, model->name) == facts_.models.end()) continue;
    if (!model->available() && !model->comes_back()) continue;
    SignaturePtr signature = model->tensors->signature();
    if (signature && !signature->inputs.empty()) {
      shown.push_back({model->name, model == unnamed ? Named::or_not : Named::always, std::move(signature), model->manifest});
    }
  }
  return shown;
}

std::string InterfaceDocument::written(const std::vector<Shown>& shown) const {
  std::vector<wire::OpenApiEntry> entries = openapi_entries();
  ModelEntries of_models(entries);
  for (const Shown& one : shown) of_models.add({one.name, one.named, *one.signature, one.manifest->features});
  of_models.finish();
  return wire::openapi_document(entries, {facts_.title, facts_.version});
}

}  // namespace gatehouse::gateway
