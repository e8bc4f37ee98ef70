#include "interface_document.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "decisions.h"
#include "gatehouse/gateway/gateway.h"
#include "openapi_entries.h"

namespace gatehouse::gateway {

InterfaceDocument::InterfaceDocument(const ServedModels& models, InterfaceFacts facts) : models_(models), facts_(std::move(facts)) {
  set_for_everybody(make({}));
}

InterfaceDocument::MadePtr InterfaceDocument::for_everybody() const {
  const std::lock_guard lock(mutex_);
  return for_everybody_;
}

void InterfaceDocument::set_for_everybody(MadePtr made) const {
  const std::lock_guard lock(mutex_);
  for_everybody_ = std::move(made);
}

InterfaceDocument::MadePtr InterfaceDocument::kept(const std::vector<Shown>& shown) const {
  const std::lock_guard lock(mutex_);
  if (for_everybody_ && for_everybody_->shown == shown) return for_everybody_;
  const auto found = std::ranges::find_if(kept_, [&shown](const MadePtr& made) { return made->shown == shown; });
  if (found == kept_.end()) return nullptr;
  std::rotate(kept_.begin(), found, found + 1);
  return kept_.front();
}

Task<InterfaceDocument::FilePtr> InterfaceDocument::current(Reactor& reactor, const identity::Principal* who) const {
  std::vector<Shown> shown = look(who);
  MadePtr made = kept(shown);
  if (!made) {
    std::function<MadePtr(Worker&)> work = [this, shown = std::move(shown)](Worker&) { return make(shown); };
    auto making = pool_.run<MadePtr>(reactor, std::move(work));
    std::optional<MadePtr> done = co_await std::move(making);
    if (!done) co_return for_everybody()->file;
    made = std::move(*done);
  }
  if (who == nullptr) set_for_everybody(made);
  co_return made->file;
}

// Whoever waited for this thread may find that another one had it made.
InterfaceDocument::MadePtr InterfaceDocument::make(const std::vector<Shown>& shown) const {
  if (MadePtr before = kept(shown)) return before;
  auto made = std::make_shared<const Made>(Made{shown, std::make_shared<const OpenApiFile>(written(shown))});
  made_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  kept_.push_front(made);
  if (kept_.size() > most_kept) kept_.pop_back();
  return made;
}

bool InterfaceDocument::tells(const ServedModel& model, const identity::Principal* who) const {
  const auto named = [this](std::string_view name) { return std::ranges::find(facts_.models, name) != facts_.models.end(); };
  if (named("*") || named(model.name)) return true;
  return who != nullptr && who->scopes.has(identity::Scope::predict) && may_use(*who, model).ok();
}

std::vector<InterfaceDocument::Shown> InterfaceDocument::look(const identity::Principal* who) const {
  const ServedModel* const unnamed = models_.tensor_model({});
  std::vector<Shown> shown;
  for (const ServedModel* model : models_.answering()) {
    if (model->tensors == nullptr || model->nlu || model->texts) continue;
    if ((!model->available() && !model->comes_back()) || !tells(*model, who)) continue;
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
