"""What scikit-learn wants to know of classifier and encoders, said when it asks: it is not imported before.

>>> classifier_tags().classifier_tags.multi_class
True
"""

from __future__ import annotations

from typing import Any

__all__ = ["classifier_tags", "transformer_tags"]


def classifier_tags() -> Any:
    """scikit-learn's `Tags`: a classifier of any number of classes, for rows without gaps."""
    from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

    return Tags(
        estimator_type="classifier",
        target_tags=TargetTags(required=True),
        classifier_tags=ClassifierTags(),
        input_tags=InputTags(),
    )


def transformer_tags() -> Any:
    """scikit-learn's `Tags`: a transformer that reads rows without gaps, and no labels."""
    from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

    return Tags(
        estimator_type="transformer",
        target_tags=TargetTags(required=False),
        transformer_tags=TransformerTags(preserves_dtype=[]),
        input_tags=InputTags(),
    )
