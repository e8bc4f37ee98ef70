// app/model_versions.h — the life of the versions of tensor models: checked, loaded, answering, put away, forgotten. What is done next is
// model/version_steps.h's to say; here it is done. Which versions there are is model_folders.h's to tell.
// Rules    an engine starts when the files of its version are what its manifest names. A new version is shown to those who ask before it is
//          said to be ready, and an old one is put away when nothing is answered by it any more. What is forgotten leaves nothing behind:
//          its engine and what it was served as go once nobody can have found it
// Threads  the control reactor, before it runs or on it; hear() from any thread
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/gateway/served_models.h"
#include "gatehouse/model/repository.h"
#include "gatehouse/model/version_steps.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::app {

// A version as it stands in its folder, and how that looked.
struct FoundVersion {
  model::Entry entry;
  std::string stamp;
};
// NAME/VERSION
std::string full_name(const model::Entry& entry);

// Whether somebody waits for what is done about the folders.
enum class Haste : std::uint8_t { usual, now };

class ModelVersions {
 public:
  // A version as it will be served. Its engine does nothing before it is started.
  struct Prepared {
    gateway::ServedModel served;
    std::function<void()> start;
  };
  struct Parts {
    std::function<Status(const model::Entry&)> check;      // blocks: whether its files are what its manifest names
    std::function<Prepared(const model::Entry&)> prepare;  // on the control reactor
    // Calls back on the control reactor when every reactor has done what it was told until now.
    std::function<void(std::function<void()>)> behind_reactors;
    // Nobody can ask it for anything any more: it goes for good.
    std::function<void(const engine::TensorEngine&)> end_engine;
    std::uint32_t newest = 1;
  };
  // How soon something is looked at again that is on its way.
  static constexpr milliseconds glance{50};

  ModelVersions(Reactor& control, WorkerPool& files, gateway::ServedModels& models, Parts parts);

  // Whether it is there as it was last taken up.
  bool knows(const FoundVersion& found) const;
  // One that is new, or another one under its old number, of a kind that has versions. Why it is not taken up; nothing: it is, or
  // will be at a later look.
  std::optional<std::string> take_up(FoundVersion found);
  // All that are there now: the others are not any more.
  void miss(const std::vector<FoundVersion>& found, Haste haste);
  // fault: why what is asked for does not stand among the found ones, where that is known. model_not_found (404)
  Result<gateway::ServedModelPtr> obey(const gateway::ModelOrder& order, const std::string& fault);
  // Does what is to be done, until nothing is to be done at once.
  void settle();
  // What is known is what others see.
  void show();
  // Nothing is begun any more.
  void stop();
  // Something may have become of an engine.
  void hear();

 private:
  struct Version {
    explicit Version(FoundVersion found) : entry(std::move(found.entry)), stamp(std::move(found.stamp)) {}
    model::Entry entry;
    std::string stamp;  // of its folder, as it was last taken up
    const gateway::ServedModel* served = nullptr;
    std::function<void()> start;
    bool missed = false;      // it was not there at the last look
    model::VersionSeen seen;  // its stage is shown to others by served->stand, once it may be
    std::string why;
    bool started = false;
    bool awaited = false;              // somebody waits for it to be loaded
    std::uint64_t loads = 0;           // how often it was
    std::uint64_t confirmed_load = 0;  // of which its engine is ready, and not every reactor knows; 0: of none
  };
  struct Family {
    std::string name;
    std::vector<std::unique_ptr<Version>> versions;  // highest first
    bool put_away = false;                           // until somebody has it loaded
  };

  Task<void> check(std::string name, const gateway::ServedModel* served);
  void ask_for(Version& version);
  void wish(Version& version, model::Wish wish);
  std::optional<std::string> adopt_change(Version& version, FoundVersion found);
  std::unique_ptr<Version> make(FoundVersion found);
  Family& family(const std::string& name);
  Version* find(const std::string& name, const gateway::ServedModel* served);
  void hear_from_engine(const std::string& name, Version& version);
  void confirm(const std::string& name, Version& version);
  bool step(Family& family);
  void take(Family& family, const model::Step& step);
  void load(Version& version, bool others_answer);
  void move(Version& version, model::Stage to, std::string why);
  void take_leave();
  void drop_what_nobody_has();

  Reactor& control_;
  WorkerPool& files_;
  gateway::ServedModels& models_;
  const Parts parts_;
  std::map<std::string, Family> families_;
  std::vector<const gateway::ServedModel*> forgotten_;  // whoever looks may have found them a moment ago
  std::vector<const gateway::ServedModel*> left_;       // found by nobody any more, and in use or held by somebody perhaps
  Deadline glance_due_;
  bool begun_ = false, stopped_ = false;
};

}  // namespace gatehouse::app
