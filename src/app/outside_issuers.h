// app/outside_issuers.h — the issuers that the configuration names: their keys are brought, kept fresh, and put before the registry.
// Rules    an issuer whose keys have not come yet holds up nothing but its own tokens, which are refused. Another set of issuers is taken
//          whole, at once; a source whose place has not changed goes on with the keys that it has
// Life     stop() is awaited before this is destroyed, once it was started
// Threads  the control reactor; make_issuers() blocks on the disk
#pragma once
#include <memory>
#include <vector>

#include "gatehouse/adapters/idp_oidc/jwks_source.h"
#include "gatehouse/identity/issuers.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/runtime/signal.h"
#include "settings.h"

namespace gatehouse::app {

// Ours, and those that the settings name; keys of those with a secret are there, the others have none yet.
Result<identity::IssuersPtr> make_issuers(const Settings& settings);

class OutsideIssuers {
 public:
  // files: for what blocks on the disk.
  OutsideIssuers(Reactor& control, WorkerPool& files, identity::Registry& registry)
      : control_(control), files_(files), registry_(registry), gone_(control) {}

  // issuers: what make_issuers() made of the same settings.
  Status adopt(const std::vector<IssuerSettings>& settings, const identity::Issuers& issuers);
  // Sources look for keys from now on; those that come later do so at once.
  void start();
  // Each source has keys.
  bool complete() const;
  Task<void> stop();

 private:
  using Source = adapters::JwksSource;
  Result<Source*> source_for(const IssuerSettings& settings);
  Result<Source*> add(const adapters::JwksOrigin& origin);
  Task<void> retire(Source& source);

  Reactor& control_;
  WorkerPool& files_;
  identity::Registry& registry_;
  std::vector<Source*> in_use_;
  std::vector<std::unique_ptr<Source>> all_;  // also those that have stopped: a reactor may still know them
  std::size_t leaving_ = 0;
  Signal gone_;
  bool started_ = false;
};

}  // namespace gatehouse::app
