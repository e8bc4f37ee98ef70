// gateway/version_stand.h — where one version of a model stands among the others, and whether anything is being answered by it.
// Rules    who uses a version says so first and looks at its stage then; who lets it go says so first and looks at its users then: one of
//          the two sees the other, so that nothing is sent to an engine that goes
// Threads  any; move_to() by the one who sees to the versions
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gatehouse/model/version_steps.h"

namespace gatehouse::gateway {

class VersionStand {
 public:
  model::Stage stage() const { return stage_.load(); }
  // In words for people; empty: the engine says it better.
  std::string why() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }
  void move_to(model::Stage stage, std::string why) {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
    stage_ = stage;
  }
  bool in_use() const { return users_.load() > 0; }
  // Somebody has it, be it to tell of it alone.
  bool held() const { return in_use() || holders_.load() > 0; }
  // Found, and loaded as soon as it is its turn.
  bool awaited() const { return awaited_.load(); }
  void set_awaited(bool awaited) { awaited_ = awaited; }

 private:
  friend class VersionUse;
  friend class VersionHold;
  std::atomic<model::Stage> stage_{model::Stage::found};
  std::atomic<std::uint32_t> users_{0}, holders_{0};
  std::atomic<bool> awaited_{false};
  mutable std::mutex mutex_;  // taken for a look
  std::string why_;           // guarded by mutex_
};

// As long as it lives the version is not put away.
class VersionUse {
 public:
  // null: of a model that has no versions to go.
  explicit VersionUse(std::shared_ptr<VersionStand> stand) : stand_(std::move(stand)) {
    if (stand_) stand_->users_.fetch_add(1);
  }
  ~VersionUse() {
    if (stand_) stand_->users_.fetch_sub(1);
  }
  VersionUse(VersionUse&& other) noexcept = default;
  VersionUse& operator=(VersionUse&& other) noexcept {
    std::swap(stand_, other.stand_);
    return *this;
  }
  VersionUse(const VersionUse&) = delete;
  VersionUse& operator=(const VersionUse&) = delete;

 private:
  std::shared_ptr<VersionStand> stand_;  // requests may be taken apart behind the tables, when all ends
};

// As long as it lives the version stays in memory, wherever it goes.
class VersionHold {
 public:
  explicit VersionHold(std::shared_ptr<VersionStand> stand) : stand_(std::move(stand)) { stand_->holders_.fetch_add(1); }
  ~VersionHold() { stand_->holders_.fetch_sub(1); }
  VersionHold(const VersionHold&) = delete;
  VersionHold& operator=(const VersionHold&) = delete;

 private:
  const std::shared_ptr<VersionStand> stand_;
};

}  // namespace gatehouse::gateway
