#include "model_versions.h"

#include <algorithm>

#include "gatehouse/base/assert.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {
namespace {

namespace log = telemetry::log;

using engine::Life;
using model::Act;
using model::Stage;
using model::Wish;

std::string how_to_load(const model::Entry& entry) { return "`gatehouse model load " + full_name(entry) + "` loads it"; }

Error not_there(const gateway::ModelOrder& order, const std::string& fault) {
  std::string text = "The server has no model '" + order.name + "'";
  if (order.version) text = "The model '" + order.name + "' has no version " + std::to_string(*order.version) + " in the folders of models";
  text += fault.empty() ? ": it would stand in NAME/VERSION/ with a model.toml, as `gatehouse model check` wants it" : ": " + fault;
  return Error(Code::not_found, Origin::caller, "model_not_found", std::move(text)).with_param("name");
}

}  // namespace

std::string full_name(const model::Entry& entry) { return entry.name + "/" + std::to_string(entry.version); }

ModelVersions::ModelVersions(Reactor& control, WorkerPool& files, gateway::ServedModels& models, Parts parts)
    : control_(control), files_(files), models_(models), parts_(std::move(parts)), glance_due_(control, [this] { settle(); }) {}

void ModelVersions::stop() {
  stopped_ = true;
  glance_due_.disarm();
}

void ModelVersions::hear() {
  control_.post([this] { settle(); });
}

Result<gateway::ServedModelPtr> ModelVersions::obey(const gateway::ModelOrder& order, const std::string& fault) {
  const auto of_that_name = families_.find(order.name);
  if (of_that_name == families_.end()) return not_there(order, fault);
  Family& family = of_that_name->second;
  const bool load = order.what == gateway::ModelOrder::What::load;
  if (!order.version) {
    family.put_away = !load;
    for (const auto& one : family.versions) {
      if (!load) wish(*one, Wish::put_away);
      if (load && one->seen.wish == Wish::put_away) one->seen.wish = Wish::none;
    }
    Version& newest = *family.versions.front();
    if (load) ask_for(newest);
    const gateway::ServedModel* const answers = models_.named(order.name);
    return gateway::held(load || answers == nullptr ? *newest.served : *answers);
  }
  const auto found = std::ranges::find(family.versions, *order.version, [](const auto& one) { return one->entry.version; });
  if (found == family.versions.end()) return not_there(order, fault);
  wish(**found, load ? Wish::loaded : Wish::put_away);
  return gateway::held(*(*found)->served);
}

// What was put away, failed or goes begins anew; what sleeps is woken.
void ModelVersions::ask_for(Version& version) {
  version.seen.again = version.seen.stage >= Stage::draining;
  version.awaited = true;
  const bool sleeps = version.seen.stage == Stage::ready && version.served->tensors->life() == Life::declared;
  if (sleeps) version.served->tensors->load();
}

void ModelVersions::wish(Version& version, Wish wish) {
  version.seen.wish = wish;
  version.awaited = false;
  if (wish == Wish::loaded) ask_for(version);
  const bool at_rest = version.seen.stage == Stage::found || version.seen.stage == Stage::failed;
  if (wish == Wish::put_away && at_rest) move(version, Stage::unloaded, "it was unloaded; " + how_to_load(version.entry));
}

// Twice, unless somebody has asked: a folder that is put in the place of another is gone for a moment.
void ModelVersions::miss(const std::vector<FoundVersion>& found, Haste haste) {
  for (auto& [name, family] : families_) {
    for (const auto& version : family.versions) {
      const bool there = std::ranges::any_of(found, [&](const FoundVersion& one) {
        return one.entry.version == version->entry.version && one.entry.name == version->entry.name;
      });
      const bool missed_before = std::exchange(version->missed, !there);
      const bool stays = there || (haste == Haste::usual && !missed_before && version->seen.there);
      if (!stays && version->seen.there) log::info("models", "a version is gone from its folder", {{"model", full_name(version->entry)}});
      version->seen.there = stays;
    }
  }
}

bool ModelVersions::knows(const FoundVersion& found) const {
  const auto family = families_.find(found.entry.name);
  return family != families_.end() && std::ranges::any_of(family->second.versions, [&](const auto& one) {
           return one->entry.version == found.entry.version && one->stamp == found.stamp;
         });
}

std::optional<std::string> ModelVersions::take_up(FoundVersion found) {
  const gateway::ServedModel* const named = models_.named(found.entry.name);
  if (named != nullptr && !named->stand) return "its model is served as another kind: a restart serves it";
  std::vector<std::unique_ptr<Version>>& versions = family(found.entry.name).versions;
  const auto place = std::ranges::find_if(versions, [&](const auto& one) { return one->entry.version <= found.entry.version; });
  const bool known = place != versions.end() && (*place)->entry.version == found.entry.version;
  if (known) return adopt_change(**place, std::move(found));
  if (begun_) log::info("models", "a version has come", {{"model", full_name(found.entry)}});
  versions.insert(place, make(std::move(found)));
  return std::nullopt;
}

// What runs has read its files and goes on. What does not run is another version under an old number.
std::optional<std::string> ModelVersions::adopt_change(Version& version, FoundVersion found) {
  const Stage stage = version.seen.stage;
  if (stage == Stage::checking) return std::nullopt;  // at the next look
  if (stage == Stage::loading || stage == Stage::ready || stage == Stage::draining) {
    return "it was changed while it runs, and goes on as it was: a new number makes it a new one";
  }
  const Wish wish = version.seen.wish;
  const bool awaited = version.awaited;
  const std::unique_ptr<Version> next = make(std::move(found));
  forgotten_.push_back(version.served);
  version = std::move(*next);
  version.seen.wish = wish;
  version.awaited = awaited;
  return std::nullopt;
}

std::unique_ptr<ModelVersions::Version> ModelVersions::make(FoundVersion found) {
  auto version = std::make_unique<Version>(std::move(found));
  version->seen.version = version->entry.version;
  version->why = "it is not loaded; " + how_to_load(version->entry);
  Prepared prepared = parts_.prepare(version->entry);
  prepared.served.stand = std::make_shared<gateway::VersionStand>();
  version->start = std::move(prepared.start);
  version->served = &models_.keep(std::move(prepared.served));
  return version;
}

ModelVersions::Family& ModelVersions::family(const std::string& name) {
  Family& found = families_[name];
  found.name = name;
  return found;
}

ModelVersions::Version* ModelVersions::find(const std::string& name, const gateway::ServedModel* served) {
  const auto family = families_.find(name);
  if (family == families_.end()) return nullptr;
  const auto found = std::ranges::find(family->second.versions, served, [](const auto& one) { return one->served; });
  return found == family->second.versions.end() ? nullptr : found->get();
}

void ModelVersions::settle() {
  if (stopped_) return;
  begun_ = true;
  drop_what_nobody_has();
  bool on_their_way = false;
  for (auto& [name, family] : families_) {
    for (const auto& version : family.versions) {
      hear_from_engine(name, *version);
      const gateway::VersionStand& stand = *version->served->stand;
      version->seen.in_use = stand.stage() != Stage::draining || stand.in_use();
    }
    while (step(family)) {
    }
    for (const auto& version : family.versions) {
      on_their_way = on_their_way || version->seen.stage == Stage::loading || version->seen.stage == Stage::draining;
    }
  }
  std::erase_if(families_, [](const auto& one) { return one.second.versions.empty(); });
  show();
  if (on_their_way || !left_.empty()) glance_due_.arm_in(glance);
}

void ModelVersions::hear_from_engine(const std::string& name, Version& version) {
  const Life life = version.served->tensors->life();
  const Stage stage = version.seen.stage;
  if (life == Life::failed && (stage == Stage::loading || stage == Stage::ready)) {
    move(version, Stage::failed, "");
  } else if (stage == Stage::loading && (life == Life::ready || life == Life::declared)) {
    confirm(name, version);
  } else if (stage == Stage::draining && version.seen.told && life == Life::gone) {
    move(version, Stage::unloaded, "it was unloaded; " + how_to_load(version.entry) + " again");
  }
}

// An engine says that it is ready before each reactor's way to it is: a request that is sent there too early would be refused.
void ModelVersions::confirm(const std::string& name, Version& version) {
  if (std::exchange(version.confirmed_load, version.loads) == version.loads) return;
  parts_.behind_reactors([this, name, served = version.served, load = version.loads] {
    Version* const found = find(name, served);
    if (found == nullptr || stopped_ || found->loads != load) return;
    found->confirmed_load = 0;
    const Life life = served->tensors->life();
    if (found->seen.stage == Stage::loading && (life == Life::ready || life == Life::declared)) move(*found, Stage::ready, "");
    settle();
  });
}

bool ModelVersions::step(Family& family) {
  std::vector<model::VersionSeen> seen;
  for (const auto& version : family.versions) seen.push_back(version->seen);
  const std::optional<model::Step> next = model::next_step(seen, {family.put_away ? 0U : parts_.newest});
  if (next) take(family, *next);
  return next.has_value();
}

void ModelVersions::take(Family& family, const model::Step& step) {
  Version& version = *family.versions.at(step.which);
  switch (step.act) {
    case Act::renew:
      version.seen.stage = Stage::found;
      version.seen.again = version.seen.told = false;
      return;
    case Act::check:
      move(version, Stage::checking, "its files are being checked");
      return control_.spawn(check(family.name, version.served));
    case Act::drain:
      version.seen.in_use = true;  // until it is known to everybody that it goes
      return move(version, Stage::draining, "what it has begun is finished");
    case Act::unload:
      version.seen.told = true;
      return version.served->tensors->unload();
    case Act::forget:
      log::info("models", "a version is forgotten", {{"model", full_name(version.entry)}});
      forgotten_.push_back(version.served);
      family.versions.erase(family.versions.begin() + static_cast<std::ptrdiff_t>(step.which));
      return;
  }
}

Task<void> ModelVersions::check(std::string name, const gateway::ServedModel* served) {
  Version* version = find(name, served);
  if (version == nullptr) co_return;
  std::function<Status(Worker&)> work = told_as_error<Status>([entry = version->entry, look = parts_.check] { return look(entry); });
  auto checking = files_.run<Status>(control_, std::move(work));
  const std::optional<Status> checked = co_await std::move(checking);
  version = find(name, served);
  if (version == nullptr || stopped_) co_return;
  if (!checked) {
    move(*version, Stage::failed, "too much waits for the disk; " + how_to_load(version->entry));
  } else if (!*checked) {
    move(*version, Stage::failed, checked->error().describe());
  } else {
    const gateway::ServedModel* const answers = models_.named(name);
    load(*version, answers != nullptr && answers != served && answers->available());
  }
  hear();
}

// Where another version answers, or somebody has asked for it, it is not left to be loaded by a request.
void ModelVersions::load(Version& version, bool others_answer) {
  const bool asked_for = version.awaited || version.seen.wish == Wish::loaded;
  move(version, Stage::loading, "");
  ++version.loads;
  const bool anew = std::exchange(version.started, true);
  if (!anew) version.start();
  if (anew || others_answer || asked_for) version.served->tensors->load();
}

void ModelVersions::move(Version& version, Stage to, std::string why) {
  GH_ASSERT(model::leads_to(version.seen.stage, to));
  version.seen.stage = to;
  version.why = std::move(why);
  if (to >= Stage::loading && !version.seen.again) version.awaited = false;
  const log::Fields fields{{"model", version.entry.name}, {"version", version.served->version}};
  if (to == Stage::ready || to == Stage::unloaded) log::info("models", to == Stage::ready ? "version ready" : "version unloaded", fields);
  if (to == Stage::failed) {
    log::warn("models", "version failed", {{"model", version.entry.name}, {"version", version.served->version}, {"detail", version.why}});
  }
}

// First who answers, then what is said of it: whoever sees a version as ready is answered by it.
void ModelVersions::show() {
  std::vector<const gateway::ServedModel*> listed, answering;
  for (const auto& [name, family] : families_) {
    std::vector<model::VersionSeen> seen;
    for (const auto& version : family.versions) {
      listed.push_back(version->served);
      seen.push_back(version->seen);
    }
    if (const std::optional<std::size_t> which = model::version_that_answers(seen)) answering.push_back(family.versions[*which]->served);
  }
  const bool another = models_.show(listed, answering);
  if (another || !forgotten_.empty()) take_leave();
  for (const auto& [name, family] : families_) {
    for (const auto& version : family.versions) {
      gateway::VersionStand& stand = *version->served->stand;
      stand.set_awaited(version->awaited);
      if (stand.stage() != version->seen.stage) stand.move_to(version->seen.stage, version->why);
    }
  }
}

// Whoever found something in an earlier table is done with it, uses it or holds it when every reactor has done what it does now.
void ModelVersions::take_leave() {
  parts_.behind_reactors([this, table = models_.shown(), gone = std::exchange(forgotten_, {})] {
    models_.forget_before(table);
    left_.insert(left_.end(), gone.begin(), gone.end());
    settle();
  });
}

void ModelVersions::drop_what_nobody_has() {
  std::erase_if(left_, [this](const gateway::ServedModel* model) {
    if (model->stand->held()) return false;
    const engine::TensorEngine& engine = *model->tensors;
    models_.drop(*model);
    parts_.end_engine(engine);
    return true;
  });
}

}  // namespace gatehouse::app
