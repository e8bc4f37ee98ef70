#include "model_folders.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {
namespace {

namespace log = telemetry::log;

constexpr const char* mark_of_said = " said";

FoundVersion with_its_look(model::Entry entry) {
  std::string look = model::look_of(entry);
  return {std::move(entry), std::move(look)};
}

}  // namespace

struct ModelFolders::Looked {
  std::string folders;              // how they looked,
  std::vector<FoundVersion> found;  // and what stood in them, of all kinds, whole or broken
  bool as_before = false;           // nothing was read

  bool looks_like(const Looked& other) const {
    return folders == other.folders && std::ranges::equal(found, other.found, {}, &FoundVersion::stamp, &FoundVersion::stamp);
  }
};

ModelFolders::ModelFolders(Reactor& control, WorkerPool& files, ModelVersions& versions, Parts parts)
    : control_(control), files_(files), versions_(versions), parts_(std::move(parts)), look_due_(control, [this] {
        control_.spawn(look_again(Haste::usual));
      }) {}

void ModelFolders::take_up(std::vector<model::Entry> entries) {
  for (model::Entry& entry : entries) {
    FoundVersion found = with_its_look(std::move(entry));
    std::string said = found.stamp + mark_of_said;  // by whoever serves it, or does not
    const std::string path = found.entry.folder.string();
    const bool taken = model::has_versions(found.entry) && !versions_.take_up(std::move(found));
    if (!taken) pending_[path] = std::move(said);
  }
  versions_.show();
}

void ModelFolders::begin() {
  versions_.settle();
  if (parts_.look_every > seconds(0)) look_due_.arm_in(parts_.look_every);
}

void ModelFolders::stop() {
  stopped_ = true;
  look_due_.disarm();
}

void ModelFolders::look() { control_.spawn(look_again(Haste::now)); }

void ModelFolders::give(gateway::ModelOrder order, gateway::OrderTold told) {
  control_.post(
      [this, order = std::move(order), told = std::move(told)]() mutable { control_.spawn(carry_out(std::move(order), std::move(told))); });
}

Task<void> ModelFolders::carry_out(gateway::ModelOrder order, gateway::OrderTold told) {
  co_await look_again(Haste::now);
  Result<gateway::ServedModelPtr> obeyed = versions_.obey(order, fault_of(order));
  versions_.settle();
  told(std::move(obeyed));
}

// Why something of that name is not there; empty: nothing of it is.
std::string ModelFolders::fault_of(const gateway::ModelOrder& order) const {
  const std::string prefix = order.name + "/" + (order.version ? std::to_string(*order.version) : "");
  const auto found = faults_.lower_bound(prefix);
  if (found == faults_.end() || !found->first.starts_with(prefix) || (order.version && found->first != prefix)) return {};
  return found->second;
}

Task<void> ModelFolders::look_again(Haste haste) {
  using Answer = Result<Looked>;
  const std::shared_ptr<const Looked> before = settled_ && haste == Haste::usual ? before_ : nullptr;
  std::function<Answer(Worker&)> work =
      told_as_error<Answer>([folders = parts_.folders, before]() -> Answer { return look_into(folders, before.get()); });
  auto looking = files_.run<Answer>(control_, std::move(work));
  std::optional<Answer> looked = co_await std::move(looking);
  if (stopped_) co_return;
  if (parts_.look_every > seconds(0)) look_due_.arm_in(parts_.look_every);
  if (!looked) {
    log::warn("models", "the folders of models are not looked into: too much waits for the disk");
  } else if (!*looked) {
    log::error("models", "the folders of models could not be looked into", {{"error", looked->error().describe()}});
  } else if (!(*looked)->as_before) {
    take_note(std::move(**looked), haste);
  }
  versions_.settle();
}

// before: what will be found again where nothing looks different; null: nobody knows.
ModelFolders::Looked ModelFolders::look_into(const std::vector<std::filesystem::path>& folders, const Looked* before) {
  Looked looked;
  looked.folders = model::look_of(folders);
  looked.as_before = before != nullptr && looked.folders == before->folders &&
                     std::ranges::all_of(before->found, [](const FoundVersion& one) { return model::look_of(one.entry) == one.stamp; });
  if (looked.as_before) return looked;
  for (model::Entry& entry : model::scan(folders)) looked.found.push_back(with_its_look(std::move(entry)));
  return looked;
}

void ModelFolders::take_note(Looked looked, Haste haste) {
  settled_ = false;  // whatever of it is thrown
  ++read_;
  const bool all_done = adopt(looked.found, haste);
  settled_ = all_done && before_ && looked.looks_like(*before_);
  before_ = std::make_shared<const Looked>(std::move(looked));
}

bool ModelFolders::adopt(const std::vector<FoundVersion>& found, Haste haste) {
  // A disk that is away for a moment takes no model away.
  const bool all_read = std::ranges::none_of(found, [](const FoundVersion& one) {
    return !one.entry.manifest && one.entry.manifest.error().reason() == "model_folder_unreadable";
  });
  if (all_read) {
    versions_.miss(found, haste);
    forget_others(found);
  }
  faults_.clear();
  bool all_done = all_read;
  for (const FoundVersion& one : found) all_done = adopt_one(one, haste) && all_done;
  return all_done;
}

void ModelFolders::forget_others(const std::vector<FoundVersion>& there) {
  std::set<std::string> paths;
  for (const FoundVersion& one : there) paths.insert(one.entry.folder.string());
  std::erase_if(pending_, [&paths](const auto& one) { return !paths.contains(one.first); });
}

bool ModelFolders::adopt_one(const FoundVersion& found, Haste haste) {
  const model::Entry& entry = found.entry;
  if (!entry.manifest) faults_[full_name(entry)] = entry.manifest.error().describe();
  const bool has_versions = model::has_versions(entry);
  if (has_versions && versions_.knows(found)) return true;
  if (!stands_still(found, haste)) return false;
  if (!entry.manifest) {
    say_once(found, entry.manifest.error().describe());
    // A manifest that comes is seen; what mends another may stand where nobody looks.
    return entry.manifest.error().reason() == "manifest_missing";
  }
  if (!has_versions) {
    say_once(found, "a restart serves a version of this kind");
    return true;
  }
  // Who refuses it now may take it later.
  const std::optional<std::string> refused = versions_.take_up(found);
  if (refused) say_once(found, *refused);
  return !refused && versions_.knows(found);
}

bool ModelFolders::stands_still(const FoundVersion& found, Haste haste) {
  std::string& before = pending_[found.entry.folder.string()];
  const bool same = before.starts_with(found.stamp);
  if (!same) before = found.stamp;
  return same || haste == Haste::now;
}

void ModelFolders::say_once(const FoundVersion& found, const std::string& what) {
  std::string& before = pending_[found.entry.folder.string()];
  std::string now = found.stamp + mark_of_said;
  if (before == now) return;
  before = std::move(now);
  log::warn("models", "a version is not taken up", {{"model", full_name(found.entry)}, {"error", what}});
}

}  // namespace gatehouse::app
