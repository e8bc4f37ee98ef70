// gateway/interface_document.h — /openapi.json as it is at this moment: the routes, and what each tensor model that is served takes on
// them.
// Rules    made anew when another model is there, or one says for the first time what it takes; one whose engine begins anew stays in
// Threads  any
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "docs.h"
#include "gatehouse/gateway/served_models.h"
#include "model_signature.h"

namespace gatehouse::gateway {

struct InterfaceFacts {
  std::string title, version;
  std::vector<std::string> models;  // which of them are described to everybody; "*": all
};

class InterfaceDocument {
 public:
  InterfaceDocument(const ServedModels& models, InterfaceFacts facts);
  std::shared_ptr<const OpenApiFile> current() const;

 private:
  struct Shown {
    const ServedModel* model = nullptr;
    SignaturePtr signature;
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  std::vector<Shown> look() const;
  std::string written(const std::vector<Shown>& shown) const;

  const ServedModels& models_;
  const InterfaceFacts facts_;
  mutable std::mutex mutex_;  // the others are made under it: whoever asks meanwhile waits for what is made
  mutable std::vector<Shown> shown_;
  mutable std::shared_ptr<const OpenApiFile> file_;
};

}  // namespace gatehouse::gateway
