// gateway/interface_document.h — /openapi.json as it is at this moment: the routes, and what tensor models that are served take on
// them: those that everybody is told of, and for who says who they are, those that they may use.
// Rules    made anew when another model is there, or one says for the first time what it takes; one whose engine begins anew stays in.
//          It is made once for each change and for all who are told of the same models, on a thread of its own: of many models it takes
//          longer than others should wait
// Threads  any reactor
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "docs.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/runtime/worker_pool.h"
#include "model_bodies.h"
#include "model_signature.h"

namespace gatehouse::gateway {

struct InterfaceFacts {
  std::string title, version;
  std::vector<std::string> models;  // which of them are described to everybody; "*": all
};

class InterfaceDocument {
 public:
  using FilePtr = std::shared_ptr<const OpenApiFile>;

  InterfaceDocument(const ServedModels& models, InterfaceFacts facts);
  // Of the models as they are now; where too many wait for one, the last that was made for everybody. who: null for nobody.
  Task<FilePtr> current(Reactor& reactor, const identity::Principal* who) const;
  // How many have been made.
  std::uint64_t made() const { return made_.load(std::memory_order_relaxed); }

 private:
  // What is told of a model. It owns all of that: the model may be gone when the document is made.
  struct Shown {
    std::string name;
    Named named = Named::always;
    SignaturePtr signature;
    std::shared_ptr<const model::Manifest> manifest;
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  struct Made {
    std::vector<Shown> shown;
    FilePtr file;
  };
  using MadePtr = std::shared_ptr<const Made>;

  bool tells(const ServedModel& model, const identity::Principal* who) const;
  std::vector<Shown> look(const identity::Principal* who) const;
  // Null: none is kept of these.
  MadePtr kept(const std::vector<Shown>& shown) const;
  MadePtr make(const std::vector<Shown>& shown) const;
  MadePtr for_everybody() const;
  void set_for_everybody(MadePtr made) const;
  std::string written(const std::vector<Shown>& shown) const;

  static constexpr std::size_t threads = 1, most_waiting = 64, most_kept = 32;
  const ServedModels& models_;
  const InterfaceFacts facts_;
  mutable std::atomic<std::uint64_t> made_{0};
  mutable std::mutex mutex_;          // taken for a look
  mutable std::deque<MadePtr> kept_;  // guarded by mutex_, as the next: those that were asked for last, the latest in front
  mutable MadePtr for_everybody_;
  mutable WorkerPool pool_{"docs", threads, most_waiting};
};

}  // namespace gatehouse::gateway
