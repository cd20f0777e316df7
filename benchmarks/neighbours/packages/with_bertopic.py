"""bertopic: our estimator as umap_model, with embeddings given; fit_transform and transform of new documents."""

import warnings

import numpy as np
from bertopic import BERTopic
from bertopic.backend import BaseEmbedder
from hdbscan import HDBSCAN
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from skae import AutoencoderTransformer

WITHOUT_DEPENDENCIES = ["bertopic==0.17.4"]
REQUIRES = ["hdbscan", "pandas", "plotly", "pyyaml", "tqdm"]
KNOW = "Run without sentence-transformers, with embeddings of our own; set `random_state` for the same topics again"


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    words = [["river", "boat", "fish", "lake"], ["stock", "bank", "price", "trade"], ["goal", "team", "match", "coach"]]
    kinds = rng.integers(0, 3, 300)
    documents = [" ".join(rng.choice(words[kind], 8)) for kind in kinds]
    vectors = TruncatedSVD(10, random_state=0).fit_transform(TfidfVectorizer().fit_transform(documents))
    model = BERTopic(
        umap_model=AutoencoderTransformer(3, max_iter=200, random_state=0),
        hdbscan_model=HDBSCAN(min_cluster_size=20, prediction_data=True),
        embedding_model=BaseEmbedder(),
    )
    topics = np.asarray(model.fit_transform(documents, vectors)[0])
    groups = [kinds[topics == topic] for topic in np.unique(topics)]
    purity = sum(np.bincount(group).max() for group in groups) / len(kinds)
    print("topics", np.unique(topics), "purity", purity)
    assert purity > 0.95
    assert np.array_equal(model.transform(documents[:9], vectors[:9])[0], topics[:9])


if __name__ == "__main__":
    main()
