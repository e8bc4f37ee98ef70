#include "gatehouse/identity/own_names.h"

#include <gmock/gmock.h>

#include "gatehouse/runtime/run_task.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

TEST(OwnNames, ATokenThatWasSoldUnderAnEarlierNameIsStillOurs) {
  People people;
  const std::string before = people.token(NewToken(TenantId("demo"), "demo", usual_scopes(), seconds(600)));
  const auto asked = [&people](const std::string& token) {
    const std::string bearer = "Bearer " + token;
    wire::RequestHead head;
    head.fields.push_back({"Authorization", bearer});
    return people.door().identify(head, test_now, CredentialKind::any).ok();
  };
  const auto rename = [&people](std::vector<std::string> formerly) {
    people.change([&formerly](Directory& directory) {
      auto issuers = std::make_shared<Issuers>();
      issuers->own = "https://api.example.com";
      issuers->formerly = std::move(formerly);
      directory.set_issuers(std::move(issuers));
    });
  };
  EXPECT_TRUE(asked(before));
  rename({"gatehouse", "https://old.example.com"});
  EXPECT_TRUE(asked(people.token(NewToken(TenantId("demo"), "demo", usual_scopes(), seconds(601)))));
  rename({"https://old.example.com"});
  EXPECT_FALSE(asked(people.token(NewToken(TenantId("demo"), "demo", usual_scopes(), seconds(602))))) << "a name that it never had";
}

}  // namespace
}  // namespace gatehouse::identity
