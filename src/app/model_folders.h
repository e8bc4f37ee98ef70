// app/model_folders.h — the watch over the folders of models: what has come there, changed or gone is told to who sees to the versions
// (model_versions.h), and an order is carried out on what stands there by then.
// Rules    a folder that came while the server runs is told of when it has stood unchanged between two looks, or somebody asks for it. What
//          is not taken up is said once
// Threads  the control reactor, before it runs or on it; give() from any thread
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gatehouse/gateway/served_models.h"
#include "gatehouse/model/repository.h"
#include "gatehouse/runtime/worker_pool.h"
#include "model_versions.h"

namespace gatehouse::app {

class ModelFolders {
 public:
  struct Parts {
    std::function<std::vector<model::Entry>()> scan;  // blocks; of all kinds, whole or broken
    seconds look_every{0};
  };
  ModelFolders(Reactor& control, WorkerPool& files, ModelVersions& versions, Parts parts);

  // What is found at the start, of all kinds. Once, before begin().
  void take_up(std::vector<model::Entry> found);
  void begin();
  // Nothing is looked at any more.
  void stop();
  // The folders are looked into now.
  void look();
  void give(gateway::ModelOrder order, gateway::OrderTold told);
  // How many folders are remembered by how they looked.
  std::size_t remembered() const { return pending_.size(); }

 private:
  Task<void> look_again(Haste haste);
  Task<void> carry_out(gateway::ModelOrder order, gateway::OrderTold told);
  void adopt(std::vector<FoundVersion> found, Haste haste);
  void forget_others(const std::vector<FoundVersion>& there);
  void adopt_one(FoundVersion found, Haste haste);
  bool stands_still(const FoundVersion& found, Haste haste);
  void say_once(const FoundVersion& found, const std::string& what);
  std::string fault_of(const gateway::ModelOrder& order) const;

  Reactor& control_;
  WorkerPool& files_;
  ModelVersions& versions_;
  const Parts parts_;
  std::map<std::string, std::string> pending_;  // folders that came since, by their path: how they looked
  std::map<std::string, std::string> faults_;   // NAME/VERSION of what is broken: why
  Deadline look_due_;
  bool stopped_ = false;
};

}  // namespace gatehouse::app
