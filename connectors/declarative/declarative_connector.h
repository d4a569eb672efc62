// The Connector that a catalog file describes.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "navette/connector.h"
#include "navette/host.h"

#include "connectors/declarative/runner.h"
#include "connectors/declarative/spec.h"

namespace navette::declarative {

// Threads: as Connector.
class DeclarativeConnector final : public Connector {
 public:
  // `host` outlives it. REQUIRES: the settings were checked against spec->declared.
  DeclarativeConnector(std::shared_ptr<const Spec> spec,
                       const std::map<std::string, std::string>& settings, Host& host);
  // Ends the session, where the file says how.
  ~DeclarativeConnector() override;

  Result<Description> connect() noexcept override;
  Result<Page> poll(const PollRequest& request) noexcept override;
  Result<Record> fetch(const std::string& entity, const std::string& id,
                       const Json& where) noexcept override;
  Result<std::vector<std::string>> find(const std::string& entity, const Json& where,
                                        const std::string& path,
                                        const std::string& value) noexcept override;
  Outcome execute(const Command& command, const std::string& content) noexcept override;
  Result<Json> preview(const Command& command) noexcept override;
  Result<std::string> download(const std::string& ticket, const std::string& attachment,
                               std::int64_t bytes_max) noexcept override;

 private:
  // The scope that every operation starts from, and the entity; an error when either is missing.
  Trouble begin(const std::string& entity, const EntitySpec** found);
  Trouble open();
  Description describe() const;

  std::shared_ptr<const Spec> spec_;  // shared: several connectors of one kind use one spec
  Caller caller_;
  Runner runner_;
  Scope scope_;  // settings, self, features
  Json system_;
  Json warnings_;
  bool open_ = false;
};

}  // namespace navette::declarative
