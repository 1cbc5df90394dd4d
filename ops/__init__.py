"""Operations code of this repository; `ops.supply_chain` is the release-assurance pipeline."""
