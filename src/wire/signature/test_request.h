// wire/signature/test_request.h — for tests: the request of RFC 9421, appendix B.2, signed as a test wants it.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire {

class TestRequest {
 public:
  TestRequest() {
    head_.method = Method::post;
    head_.target = "/foo?param=Value&Pet=dog";
    head_.path = "/foo";
    head_.query = "param=Value&Pet=dog";
    head_.host_present = true;
    head_.content_length = body().size();
    with("Host", "example.com").with("Date", "Tue, 20 Apr 2021 02:07:55 GMT").with("Content-Type", "application/json");
  }
  static std::string body() { return R"({"hello": "world"})"; }
  static std::string sha512() {
    return "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
  }

  TestRequest& with(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  RequestHead head() const {
    RequestHead head = head_;
    for (const auto& [name, value] : fields_) {
      FieldView view;
      view.name = name;
      view.value = value;
      head.fields.push_back(view);
    }
    return head;
  }

 private:
  RequestHead head_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace gatehouse::wire
