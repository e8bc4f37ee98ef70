// app/model_versions.h — the versions of tensor models: found in the folders, checked, loaded, answering, put away, forgotten. What is done
// next is model/version_steps.h's to say; here it is done.
// Rules    a folder that came while the server runs is taken up when it has stood unchanged between two looks, or somebody asks for it; its
//          engine starts when its files are what its manifest names. A new version is shown to those who ask before it is said to be ready,
//          and an old one is put away when nothing is answered by it any more
// Threads  the control reactor, before it runs or on it; give() from any thread
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

class ModelVersions {
 public:
  // A version as it will be served. Its engine does nothing before it is started.
  struct Prepared {
    gateway::ServedModel served;
    std::function<void()> start;
  };
  struct Parts {
    std::function<std::vector<model::Entry>()> scan;       // blocks; of all kinds, whole or broken
    std::function<Status(const model::Entry&)> check;      // blocks: whether its files are what its manifest names
    std::function<Prepared(const model::Entry&)> prepare;  // on the control reactor
    // Calls back on the control reactor when every reactor has done what it was told until now.
    std::function<void(std::function<void()>)> behind_reactors;
    std::uint32_t newest = 1;
    seconds look_every{0};
  };
  // How soon something is looked at again that is on its way.
  static constexpr milliseconds glance{50};

  ModelVersions(Reactor& control, WorkerPool& files, gateway::ServedModels& models, Parts parts);

  // What is found at the start, of all kinds. Once, before begin().
  void take_up(std::vector<model::Entry> found);
  void begin();
  // Nothing is begun any more.
  void stop();
  // The folders are looked into now.
  void look();
  // Something may have become of an engine.
  void hear();
  void give(gateway::ModelOrder order, gateway::OrderTold told);

 private:
  struct Found {
    model::Entry entry;
    std::string stamp;
  };
  struct Version {
    explicit Version(Found found) : entry(std::move(found.entry)), stamp(std::move(found.stamp)) {}
    model::Entry entry;
    std::string stamp;  // of its folder, as it was last taken up
    const gateway::ServedModel* served = nullptr;
    std::function<void()> start;
    bool missed = false;      // it was not there at the last look
    model::VersionSeen seen;  // its stage is shown to others by served->stand, once it may be
    std::string why;
    bool started = false;
    bool awaited = false;     // somebody waits for it to be loaded
    bool confirming = false;  // its engine is ready, and not every reactor knows
  };
  struct Family {
    std::string name;
    std::vector<std::unique_ptr<Version>> versions;  // highest first
    bool put_away = false;                           // until somebody has it loaded
  };
  enum class Haste : std::uint8_t { usual, now };

  Task<void> look_again(Haste haste);
  Task<void> carry_out(gateway::ModelOrder order, gateway::OrderTold told);
  Task<void> check(std::string name, const gateway::ServedModel* served);
  Result<const gateway::ServedModel*> obey(const gateway::ModelOrder& order);
  void ask_for(Version& version);
  void wish(Version& version, model::Wish wish);
  std::string fault_of(const gateway::ModelOrder& order) const;
  void adopt(std::vector<Found> found, Haste haste);
  void adopt_one(Found found, Haste haste);
  void adopt_other(const Found& found, Haste haste);
  void adopt_change(Version& version, Found found);
  void miss(const std::vector<Found>& found, Haste haste);
  bool stands_still(const Found& found, Haste haste);
  void say_once(const Found& found, const std::string& what);
  std::unique_ptr<Version> make(Found found);
  Family& family(const std::string& name);
  Version* find(const std::string& name, const gateway::ServedModel* served);
  void settle();
  void hear_from_engine(const std::string& name, Version& version);
  void confirm(const std::string& name, Version& version);
  bool step(Family& family);
  void take(Family& family, const model::Step& step);
  void load(Version& version, bool others_answer);
  void move(Version& version, model::Stage to, std::string why);
  void show();

  Reactor& control_;
  WorkerPool& files_;
  gateway::ServedModels& models_;
  const Parts parts_;
  std::map<std::string, Family> families_;
  std::map<std::string, std::string> pending_;  // folders that came since, by their path: how they looked
  std::map<std::string, std::string> faults_;   // NAME/VERSION of what is broken: why
  Deadline look_due_, glance_due_;
  bool stopped_ = false;
};

}  // namespace gatehouse::app
