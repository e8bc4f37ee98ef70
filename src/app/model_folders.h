// app/model_folders.h — the watch over the folders of models: what has come there, changed or gone is told to who sees to the versions
// (model_versions.h), and an order is carried out on what stands there by then.
// Rules    a folder that came while the server runs is told of when it has stood unchanged between two looks, or somebody asks for it. What
//          is not taken up is said once. Where two looks in a row have found the same, and nothing is left to do about it, manifests are
//          not read again until something looks different
// Threads  the control reactor, before it runs or on it; give() from any thread
#pragma once
#include <filesystem>
#include <map>
#include <memory>
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
    std::vector<std::filesystem::path> folders;
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
  // How many looks have read manifests.
  std::size_t read() const { return read_; }

 private:
  struct Looked;
  Task<void> look_again(Haste haste);
  static Looked look_into(const std::vector<std::filesystem::path>& folders, const Looked* before);
  void take_note(Looked looked, Haste haste);
  Task<void> carry_out(gateway::ModelOrder order, gateway::OrderTold told);
  // Whether nothing of it waits for another look; the same of one.
  bool adopt(const std::vector<FoundVersion>& found, Haste haste);
  void forget_others(const std::vector<FoundVersion>& there);
  bool adopt_one(const FoundVersion& found, Haste haste);
  bool stands_still(const FoundVersion& found, Haste haste);
  void say_once(const FoundVersion& found, const std::string& what);
  std::string fault_of(const gateway::ModelOrder& order) const;

  Reactor& control_;
  WorkerPool& files_;
  ModelVersions& versions_;
  const Parts parts_;
  std::map<std::string, std::string> pending_;  // folders that came since, by their path: how they looked
  std::map<std::string, std::string> faults_;   // NAME/VERSION of what is broken: why
  std::shared_ptr<const Looked> before_;        // what was found last
  bool settled_ = false;                        // and will be found again where everything looks as it did then
  std::size_t read_ = 0;
  Deadline look_due_;
  bool stopped_ = false;
};

}  // namespace gatehouse::app
